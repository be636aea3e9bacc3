"""A streaming chat client on a raw socket, so that the time to the first token is the server's and not the kernel's."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

RECEIVE_BYTES = 65536
HEAD_BYTES_MAX = 65536
ERROR_TEXT_CHARACTERS = 300
# Linux forgets TCP_QUICKACK after a while; without it the frontend's small writes wait 40 ms for a delayed
# acknowledgement (Nagle's algorithm), so it is set again after every read.
TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


@dataclass
class Answer:
    """What came back. Times are milliseconds since the request was sent; ids are the frontend's `nvext.worker_id`."""

    status: int = 0
    response_id: str = ""
    ttft_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int | None = None
    tokens_seen: int = 0
    decode_worker: str | None = None
    prefill_worker: str | None = None
    done: bool = False
    error: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def ok(self) -> bool:
        """Tells whether the answer was 200 and the stream complete."""
        return self.status == 200 and self.error is None and self.done


def chat(port: int, body: Mapping[str, Any], headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """Posts a streaming chat completion to 127.0.0.1:`port` and reads it to its end. Network failures are in `error`."""
    answer = Answer()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_seconds) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _quick_ack(s)
            request = _request_bytes(body, headers)
            started = time.perf_counter()
            s.sendall(request)
            _read_answer(s, answer, started)
            answer.total_ms = (time.perf_counter() - started) * 1000
    except (OSError, ValueError) as e:
        answer.error = f"{type(e).__name__}: {e}"
    return answer


def _quick_ack(s: socket.socket) -> None:
    if TCP_QUICKACK is not None:
        s.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 1)


def _request_bytes(body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    payload = json.dumps(body).encode()
    head = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(payload)),
            "connection": "close", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + payload


def _read_answer(s: socket.socket, answer: Answer, started: float) -> None:
    received = _received(s)
    head, rest = _read_head(received)
    answer.status, answer.headers = parse_head(head)
    body = _body_pieces(answer.headers, rest, received)
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        for event in sse_events(body):
            read_event(answer, event, (time.perf_counter() - started) * 1000)
    else:
        answer.error = b"".join(body).decode(errors="replace")[:ERROR_TEXT_CHARACTERS]


def _received(s: socket.socket) -> Iterator[bytes]:
    while True:
        piece = s.recv(RECEIVE_BYTES)
        if not piece:
            return
        _quick_ack(s)
        yield piece


def _read_head(received: Iterator[bytes]) -> tuple[bytes, bytes]:
    data = b""
    for piece in received:
        data += piece
        head, found, rest = data.partition(b"\r\n\r\n")
        if found:
            return head, rest
        if len(data) > HEAD_BYTES_MAX:
            break
    raise ValueError("no complete HTTP response head")


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Returns the status and the headers (names in lower case) of an HTTP/1.1 response head."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1."):
        raise ValueError(f"status line: {lines[0]!r}")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(parts[1]), headers


def _body_pieces(headers: Mapping[str, str], rest: bytes, received: Iterator[bytes]) -> Iterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return dechunk(rest, received)
    return _until_length(rest, received, int(headers["content-length"]) if "content-length" in headers else None)


def _until_length(rest: bytes, received: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    seen = len(rest)
    yield rest
    while length is None or seen < length:
        piece = next(received, None)
        if piece is None:
            return
        seen += len(piece)
        yield piece


def dechunk(rest: bytes, received: Iterator[bytes]) -> Iterator[bytes]:
    """Yields the content of a chunked body piece by piece, as soon as a chunk is complete."""
    buffer = rest
    while True:
        line, found, after = buffer.partition(b"\r\n")
        if found:
            size = int(line.split(b";")[0], 16)
            if size == 0:
                return
            if len(after) >= size + 2:
                yield after[:size]
                buffer = after[size + 2:]
                continue
        piece = next(received, None)
        if piece is None:
            raise ValueError("the chunked body ended early")
        buffer += piece


def sse_events(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yields the data of each server-sent event; comments and other fields are skipped."""
    buffer = b""
    for piece in pieces:
        buffer += piece
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode()


def read_event(answer: Answer, data: str, elapsed_ms: float) -> None:
    """Adds one server-sent event to the answer."""
    if data == "[DONE]":
        answer.done = True
        return
    event = json.loads(data)
    if "error" in event:
        answer.error = json.dumps(event["error"])[:ERROR_TEXT_CHARACTERS]
        return
    answer.response_id = event.get("id", answer.response_id)
    if any(choice.get("delta", {}).get("content") is not None for choice in event.get("choices", ())):
        answer.tokens_seen += 1
        if answer.ttft_ms is None:
            answer.ttft_ms = elapsed_ms
    _read_usage(answer, event.get("usage"))
    _read_workers(answer, (event.get("nvext") or {}).get("worker_id"))


def _read_usage(answer: Answer, usage: Mapping[str, Any] | None) -> None:
    if usage:
        answer.prompt_tokens = usage["prompt_tokens"]
        answer.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")


def _read_workers(answer: Answer, workers: Mapping[str, Any] | None) -> None:
    if workers:
        decode, prefill = workers.get("decode_worker_id"), workers.get("prefill_worker_id")
        answer.decode_worker = str(decode) if decode is not None else answer.decode_worker
        answer.prefill_worker = str(prefill) if prefill is not None else answer.prefill_worker
