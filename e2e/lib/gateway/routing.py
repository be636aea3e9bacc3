"""Chats through a real gateway to real Dynamo pods, and what must be true of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from ..waiting import DeadlineExceeded, wait_until
from ..words import WORDS
from .kube_api import KubeApi
from .traffic import Answer, chat, upstreams
from .workers import Worker, workers_of

CONVERSATIONS = 6
TURNS = 4
OPENING_WORDS = 400
TURN_WORDS = 60
LOG_SECONDS = 20.0
START_SECONDS = 180.0
POLL_SECONDS = 0.5


class ClusterAccess(Protocol):
    """What the scenarios need of a cluster."""

    api: KubeApi

    def require_alive(self) -> None:
        """Raises DemoError when a part of the cluster has ended by itself."""

    def access_log(self, namespace: str) -> str:
        """Returns the access log of the gateway of a namespace."""


@dataclass(frozen=True)
class Deployment:
    """Dynamo in one namespace: how many pods of each kind, and the model they serve."""

    namespace: str
    counts: Mapping[str, int]
    model: str


@dataclass(frozen=True)
class Outcome:
    """What a scenario found. `failures` is empty when everything holds."""

    requests: int
    pods_used: int
    same_worker: int
    followups: int
    failures: tuple[str, ...]


def wait_for_gateway(cluster: ClusterAccess, deployment: Deployment) -> str:
    """Waits until workers, picker and gateway serve; returns the gateway's address."""
    wait_until(f"{dict(deployment.counts)} workers in {deployment.namespace}", lambda: _are_complete(cluster, deployment),
               START_SECONDS, POLL_SECONDS)
    address = wait_until(f"an address of the gateway in {deployment.namespace}",
                         lambda: _address(cluster.api, deployment.namespace), START_SECONDS, POLL_SECONDS)
    last: list[Answer] = []
    try:
        wait_until(f"a 200 through the gateway in {deployment.namespace}",
                   lambda: _is_served(cluster, address, deployment.model, last), START_SECONDS, POLL_SECONDS)
    except DeadlineExceeded as e:
        raise DeadlineExceeded(f"{e}; the last answer: {last[-1]}") from e
    return address


def _are_complete(cluster: ClusterAccess, deployment: Deployment) -> bool:
    cluster.require_alive()
    return Counter(worker.kind for worker in workers_of(cluster.api, deployment.namespace)) == deployment.counts


def _address(api: KubeApi, namespace: str) -> str:
    gateway = api.get(f"/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways/inference")
    addresses = gateway.get("status", {}).get("addresses")
    return addresses[0]["value"] if addresses else ""


def _is_served(cluster: ClusterAccess, address: str, model: str, last: list[Answer]) -> bool:
    cluster.require_alive()
    last[:] = [chat(address, model, "Are you there?", "warm-up")]
    return last[0].status == 200


def run(cluster: ClusterAccess, deployment: Deployment, address: str) -> Outcome:
    """Plays conversations in turns and judges every answer.

    All begin at once, so that their load spreads them: the chat template gives every prompt the same first block, which
    would draw one after another to the same worker.
    """
    workers = workers_of(cluster.api, deployment.namespace)

    def play(conversation: int, turn: int) -> Answer:
        return chat(address, deployment.model, prompt(conversation, turn), f"chat-{conversation}-{turn}")

    with ThreadPoolExecutor(CONVERSATIONS) as clients:
        answers = list(clients.map(lambda conversation: play(conversation, 0), range(CONVERSATIONS)))
    answers += [play(conversation, turn) for turn in range(1, TURNS) for conversation in range(CONVERSATIONS)]
    ids = {answer.chat_id for answer in answers if answer.status == 200}
    log: dict[str, str] = {}
    wait_until("the access log has every request", lambda: _has_all(cluster, deployment.namespace, ids, log), LOG_SECONDS,
               POLL_SECONDS)
    return judge(answers, workers, log)


def _has_all(cluster: ClusterAccess, namespace: str, ids: set[str], log: dict[str, str]) -> bool:
    log.update(upstreams(cluster.access_log(namespace)))
    return ids <= log.keys()


def prompt(conversation: int, turn: int) -> str:
    """Returns the text of a turn; it begins with the whole text of the turn before."""
    count = OPENING_WORDS + turn * TURN_WORDS
    return " ".join([f"Conversation {conversation}:",
                     *(WORDS[(conversation * 131 + index * 7) % len(WORDS)] for index in range(count))])


def judge(answers: Sequence[Answer], workers: Sequence[Worker], log: Mapping[str, str]) -> Outcome:
    """Compares every answer with the workers that exist and with what the gateway's log says."""
    failures: list[str] = []
    by_id = {worker.worker_id: worker for worker in workers}
    disaggregated = any(worker.kind == "prefill" for worker in workers)
    for answer in answers:
        failures += _problems(answer, by_id, log.get(answer.chat_id, ""), disaggregated)
    same, followups = _same_worker(answers, lambda answer: answer.prefill_worker if disaggregated else answer.decode_worker)
    pods = {log[answer.chat_id] for answer in answers if answer.chat_id in log}
    if len(pods) < 2:
        failures.append(f"pods used: {sorted(pods)} (expected: at least 2)")
    if same != followups:
        failures.append(f"turns at the worker that had their prefix: {same} (expected: all {followups})")
    return Outcome(len(answers), len(pods), same, followups, tuple(failures))


def _problems(answer: Answer, by_id: Mapping[str, Worker], upstream: str, disaggregated: bool) -> list[str]:
    if answer.status != 200 or answer.problem:
        return [f"{answer.chat_id}: status {answer.status} (expected: 200): {answer.problem}"]
    problems = []
    decode = by_id.get(answer.decode_worker)
    if decode is None or decode.kind != "decode":
        problems.append(f"{answer.chat_id}: decode worker {answer.decode_worker} (expected: a decode worker that exists)")
    elif decode.endpoint != upstream:
        problems.append(f"{answer.chat_id}: went to {upstream} (expected: {decode.endpoint}, its worker's own pod)")
    if disaggregated and (answer.prefill_worker not in by_id or by_id[answer.prefill_worker].kind != "prefill"):
        problems.append(f"{answer.chat_id}: prefill worker {answer.prefill_worker} (expected: a prefill worker)")
    return problems


def _same_worker(answers: Sequence[Answer], where: Callable[[Answer], str]) -> tuple[int, int]:
    """How many turns ran where the turn before ran, and how many turns had one before."""
    last: dict[str, str] = {}
    same = followups = 0
    for answer in answers:
        conversation = answer.chat_id.rsplit("-", 1)[0]
        if conversation in last:
            followups += 1
            same += last[conversation] == where(answer)
        last[conversation] = where(answer)
    return same, followups
