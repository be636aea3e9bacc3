"""Real mockers and one real frontend that serve any number of model directories at once."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import rest
from ..errors import DemoError
from ..ports import free_ports
from ..processes import Child, Children
from ..stack import NAMESPACE, dynamo_environment
from ..waiting import DeadlineExceeded, wait_until

WORKER_SECONDS = 60.0
FRONTEND_SECONDS = 60.0
ANSWER_SECONDS = 30.0
BLOCK_SIZE = 16
CONTEXT_TOKENS = 32768
MAX_TOKENS = 4
MOCKERS_MAIN = Path(__file__).with_name("mockers_main.py")
NOT_SERVED = "Model materialization failed"
SYSTEM_ERROR = "Too many open files"


@dataclass(frozen=True)
class Served:
    """A model directory and the name it is served under. `card` is merged into the card that its worker publishes."""

    name: str
    folder: Path
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """The token ids of a prompt, or the status and message of an error."""

    status: int
    ids: tuple[int, ...]
    message: str


class OracleStack:
    """One worker a model, and a frontend that chooses by KV cache. Confined to the main thread; `close` ends everything.

    The frontend is told to expect no KV events: they say nothing of prompts, and watching for them costs system resources.
    """

    def __init__(self, python: str, folder: Path, models: Sequence[Served]):
        self._python = python
        self._folder = folder
        self._models = models
        self._discovery = folder / "discovery"
        self._children = Children()
        self._frontend: Child | None = None
        self._port = 0
        self._discovery.mkdir(parents=True)

    def start_workers(self) -> None:
        """Starts the workers, waits until all have registered, and completes their cards."""
        lines = self._folder / "mockers.json"
        lines.write_text(json.dumps([_command_line(model) for model in self._models]))
        self._children.add(Child("mockers", [self._python, str(MOCKERS_MAIN), str(lines)], self._folder / "mockers.log",
                                 dynamo_environment(self._discovery)))
        cards = wait_until(f"{len(self._models)} workers in discovery", self._cards, WORKER_SECONDS)
        for model in self._models:
            _merge_into(cards[model.name], model.card)

    def _cards(self) -> dict[str, Path] | None:
        self._children.require_all_alive()
        cards = {}
        for file in self._discovery.glob("v1/mdc/*"):
            try:
                cards[json.loads(file.read_bytes())["card_json"]["display_name"]] = file
            except (OSError, ValueError):
                return None  # being written just now
        return cards if len(cards) == len(self._models) else None

    def start_frontend(self, *, cache: bool) -> None:
        """Starts a frontend, with or without its cache of token ids, and waits until it serves what it can serve."""
        self.stop_frontend()
        self._port, = free_ports(1)
        name = "frontend-cached" if cache else "frontend"
        environment = {**dynamo_environment(self._discovery), "DYN_TOKENIZER_CACHE": "1" if cache else "0", "TZ": "UTC",
                       "LC_ALL": "C.UTF-8"}
        self._frontend = self._children.add(Child(name, [
            self._python, "-m", "dynamo.frontend", "--router-mode", "kv", "--kv-cache-block-size", str(BLOCK_SIZE),
            "--no-router-kv-events", "--http-host", "127.0.0.1", "--http-port", str(self._port), "--namespace", NAMESPACE,
        ], self._folder / f"{name}.log", environment))
        try:
            wait_until(f"the frontend has loaded {len(self._models)} models", self._all_decided, FRONTEND_SECONDS)
        except DeadlineExceeded as e:
            if SYSTEM_ERROR in self._frontend.log.read_text():
                raise DemoError(f"{e}; its log tells of too many open files (other programs that watch files take part in "
                                "/proc/sys/fs/inotify/max_user_instances)") from e
            raise

    def _all_decided(self) -> bool:
        """Every model is either listed or named in the log as one that cannot be served."""
        self._children.require_all_alive()
        listed = {m["id"] for m in (rest.get_json(self._port, "/v1/models") or {}).get("data", ())}
        missing = [m.name for m in self._models if m.name not in listed]
        return not missing or (self._frontend is not None and set(missing) <= failed_models(self._frontend.log.read_text()))

    def stop_frontend(self) -> None:
        """Ends the frontend, if one runs."""
        if self._frontend is not None:
            self._children.stop(self._frontend)
            self._frontend = None

    def ask(self, model: str, bodies: Sequence[str]) -> list[Answer]:
        """Returns the frontend's answers to these bodies, asked one after the other."""
        try:
            return [_ask(self._port, completed(body, model)) for body in bodies]
        except (OSError, http.client.HTTPException) as e:
            self._children.require_all_alive()
            raise DemoError(f"model {model}: no answer from the frontend: {e!r}") from e

    def close(self) -> None:
        """Ends every process; safe to call twice."""
        # The discovery folder goes as well: nobody needs to be told that the workers leave.
        self._children.close(signal.SIGKILL)


def completed(body: str, model: str) -> str:
    """Returns a request's body with what all have in common put in front: model, tokens to generate, and the question for ids."""
    nvext = '{"annotations":["query_instance_id:"]}'
    return f'{{"model":{json.dumps(model)},"max_tokens":{MAX_TOKENS},"nvext":{nvext},{body[1:]}'


def failed_models(log: str) -> set[str]:
    """Returns the names of the models that a frontend's log says cannot be served; what the system refused is tried again."""
    failed = set()
    for line in log.splitlines():
        if NOT_SERVED in line and 'group=["' in line and SYSTEM_ERROR not in line:
            failed.add(line.split('group=["', 1)[1].split('"', 1)[0])
    return failed


def _command_line(model: Served) -> list[str]:
    return ["--model-path", str(model.folder), "--model-name", model.name, "--endpoint", f"dyn://{NAMESPACE}.{model.name}.generate",
            "--block-size", str(BLOCK_SIZE), "--max-model-len", str(CONTEXT_TOKENS), "--num-gpu-blocks-override", "64",
            "--kv-bytes-per-token", "1"]


def _merge_into(file: Path, card: Mapping[str, Any]) -> None:
    if card:
        record = json.loads(file.read_bytes())
        record["card_json"] = merged(record["card_json"], card)
        temporary = file.parent.parent / f"{os.getpid()}.card"
        temporary.write_text(json.dumps(record))
        temporary.replace(file)


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `target` with the values of `patch`; objects are merged key by key."""
    result = dict(target)
    for key, value in patch.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


def _ask(port: int, body: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", "/v1/chat/completions", body.encode(), {"content-type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    try:
        if response.status == 200:
            return Answer(200, tuple(json.loads(content)["nvext"]["token_ids"]), "")
        # Without any model the frontend has no such path, and says so without words.
        return Answer(response.status, (), json.loads(content)["message"] if content else "")
    except (ValueError, LookupError, TypeError) as e:
        raise DemoError(f"the frontend answered {response.status} {content[:200]!r} (expected: token ids or an error)") from e
