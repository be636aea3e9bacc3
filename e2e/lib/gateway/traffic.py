"""Chats through a gateway: what came back, and which workers the frontend says it used."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 20.0
ANSWER_TOKENS = 8
PORT = 80
EXCERPT_CHARACTERS = 300

# Names a chat in the gateway's access log: Istio's gateways replace the x-request-id of clients.
CHAT_ID = "x-chat-id"


@dataclass(frozen=True)
class Answer:
    """One answer. Worker ids are unsigned decimals; empty where the frontend names none. `problem` is what was not 200."""

    chat_id: str
    status: int
    decode_worker: str
    prefill_worker: str
    problem: str


def chat(address: str, model: str, text: str, chat_id: str) -> Answer:
    """Sends one chat of one user message. A network failure is an answer with the status 0."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": ANSWER_TOKENS,
            "nvext": {"extra_fields": ["worker_id"]}}
    connection = http.client.HTTPConnection(address, PORT, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body),
                           {"content-type": "application/json", CHAT_ID: chat_id})
        response = connection.getresponse()
        return read(chat_id, response.status, response.read())
    except (OSError, http.client.HTTPException) as e:
        return Answer(chat_id, 0, "", "", repr(e))
    finally:
        connection.close()


def read(chat_id: str, status: int, body: bytes) -> Answer:
    """Reads an answer of a Dynamo frontend."""
    if status != 200:
        return Answer(chat_id, status, "", "", body.decode(errors="replace")[:EXCERPT_CHARACTERS])
    try:
        workers = (json.loads(body).get("nvext") or {}).get("worker_id") or {}
    except ValueError as e:
        return Answer(chat_id, status, "", "", f"the body is not JSON: {e}")
    return Answer(chat_id, status, _id(workers, "decode"), _id(workers, "prefill"), "")


def _id(workers: Mapping[str, Any], role: str) -> str:
    value = workers.get(f"{role}_worker_id")
    return "" if value is None else str(value)


def upstreams(access_log: str) -> dict[str, str]:
    """Returns the upstream endpoint of each chat id of an access log of lines `id status endpoint`."""
    fields = [line.split() for line in access_log.splitlines()]
    return {line[0]: line[2] for line in fields if len(line) == 3 and line[1].isdigit()}
