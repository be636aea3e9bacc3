"""Plays the turns one after another, through kv-epp or round-robin, and gathers the evidence of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import judge, kv_epp
from .client import Answer, chat
from .conversations import Turn
from .stack import AGGREGATED, DECODE, PREFILL, Stack
from .tap import Tap
from .waiting import DeadlineExceeded, wait_until
from .worker_logs import WorkerLogs

ANSWER_TOKENS = 8
ANSWER_SECONDS = 60.0
SETTLE_SECONDS = 2.0
SETTLE_POLL_SECONDS = 0.004
QUIET_SECONDS = 0.03


@dataclass(frozen=True)
class Played:
    """One request with its answer. `pick` is None in the round-robin half; `problems` are the mismatches."""

    number: int
    turn: Turn
    request_id: str
    answer: Answer
    evidence: judge.Evidence
    pick: kv_epp.Pick | None
    problems: tuple[str, ...]


class Replay:
    """Sends turns sequentially to one stack. Confined to the main thread."""

    def __init__(self, stack: Stack, tap: Tap):
        self.stack = stack
        self.tap = tap
        self.aggregated = not any(w.role == PREFILL for w in stack.workers)
        self._logs = WorkerLogs((w.worker_id, w.child.log) for w in stack.workers)
        self._cache_role = AGGREGATED if self.aggregated else PREFILL

    def round_robin(self, turns: Sequence[Turn], report: Callable[[Played], None]) -> list[Played]:
        """Sends each turn to the next worker of every role in turn, named in headers."""
        return [self._play(n, turn, self._next_workers(n), self._settle_quietly, report) for n, turn in enumerate(turns, 1)]

    def through_kv_epp(self, turns: Sequence[Turn], report: Callable[[Played], None]) -> list[Played]:
        """Sends each turn without naming a worker and asks kv-epp afterwards why it went where it went."""
        return [self._play(n, turn, {}, self._settle_with_kv_epp, report) for n, turn in enumerate(turns, 1)]

    def _play(self, number: int, turn: Turn, headers: Mapping[str, str],
              settle: Callable[[str, Answer, int], kv_epp.Pick | None], report: Callable[[Played], None]) -> Played:
        self.stack.children.require_all_alive()
        mark, request_id = self.tap.log.mark(), str(uuid.uuid4())
        answer = chat(self.stack.envoy_port, self.body(turn), {"x-request-id": request_id, **headers}, ANSWER_SECONDS)
        pick = settle(request_id, answer, mark)
        evidence = self._evidence(answer, mark)
        problems = tuple(self._problems(pick, evidence)) if not headers else ()
        played = Played(number, turn, request_id, answer, evidence, pick, problems)
        report(played)
        return played

    def body(self, turn: Turn) -> dict[str, Any]:
        """Returns the chat completion request of a turn."""
        return {
            "model": self.stack.parts.model_name, "messages": list(turn.messages), "max_tokens": ANSWER_TOKENS, "stream": True,
            "stream_options": {"include_usage": True}, "nvext": {"extra_fields": ["worker_id"]},
        }

    def _next_workers(self, number: int) -> dict[str, str]:
        def of(role: str) -> str:
            workers = [w for w in self.stack.workers if w.role == role]
            return workers[number % len(workers)].worker_id

        if self.aggregated:
            return {"x-dynamo-worker-instance-id": of(AGGREGATED)}
        return {"x-dynamo-worker-instance-id": of(DECODE), "x-dynamo-prefill-instance-id": of(PREFILL)}

    def _settle_quietly(self, _request_id: str, answer: Answer, _mark: int) -> None:
        def settled() -> bool:
            return self._logged(answer) and self.tap.log.quiet_seconds() >= QUIET_SECONDS

        _wait("the workers are idle", settled)

    def _settle_with_kv_epp(self, request_id: str, answer: Answer, mark: int) -> kv_epp.Pick | None:
        """Waits until tap and kv-epp have seen every event of this request and no booking is left."""
        pick = _wait("the pick is explained", lambda: kv_epp.pick_of(self.stack.epp_admin_port, request_id))

        def settled() -> bool:
            return (self._logged(answer) and self._stored_as_expected(pick, answer, mark)
                    and in_step(kv_epp.workers(self.stack.epp_admin_port), self.tap.log.last_event_ids()))

        _wait("kv-epp has seen all events", settled)
        return pick

    def _logged(self, answer: Answer) -> bool:
        return not answer.ok() or len(self._logs.served_by(answer.response_id)) == (1 if self.aggregated else 2)

    def _stored_as_expected(self, pick: kv_epp.Pick | None, answer: Answer, mark: int) -> bool:
        if pick is None or not answer.ok():
            return True
        stored = self.tap.log.stored_since(mark)
        delivered = judge.delivered_from_events(stored, answer.prompt_tokens, self.stack.settings.block_size)
        return delivered <= judge.expected_tokens(pick)

    def _evidence(self, answer: Answer, mark: int) -> judge.Evidence:
        block_size = self.stack.settings.block_size
        prompt = [s for s in self.tap.log.stored_since(mark) if s.below(answer.prompt_tokens // block_size) > 0]
        delivered: int | None = None
        if answer.ok():
            delivered = (answer.cached_tokens if self.aggregated
                         else judge.delivered_from_events(prompt, answer.prompt_tokens, block_size))
        served = frozenset(self._logs.served_by(answer.response_id)) if answer.response_id else frozenset()
        return judge.Evidence(answer, served, frozenset(s.worker_id for s in prompt), delivered)

    def _problems(self, pick: kv_epp.Pick | None, evidence: judge.Evidence) -> list[str]:
        mode = judge.AGGREGATED_MODE if self.aggregated else judge.DISAGGREGATED_MODE
        return judge.problems(pick, evidence, mode, sum(w.role == self._cache_role for w in self.stack.workers))


def in_step(workers: Mapping[str, Any], tapped: Mapping[tuple[str, int], int]) -> bool:
    """Tells whether kv-epp has no booking and has applied exactly the events that the tap has seen."""
    return workers.get("bookings") == 0 and kv_epp.last_event_ids(workers) == dict(tapped)


def _wait(what: str, condition: Callable[[], Any]) -> Any:
    """Waits for a condition; what is not settled in time shows as a mismatch of the request, not as an error."""
    try:
        return wait_until(what, condition, SETTLE_SECONDS, SETTLE_POLL_SECONDS)
    except DeadlineExceeded:
        return None
