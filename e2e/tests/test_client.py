"""The client reads HTTP/1.1, chunks and server-sent events in any slicing."""

from __future__ import annotations

import json
import socket
import threading
import unittest

from lib import client

EVENTS = [
    {"id": "chatcmpl-1", "choices": [{"delta": {"role": "assistant"}}]},
    {"id": "chatcmpl-1", "choices": [{"delta": {"content": "a"}}],
     "nvext": {"worker_id": {"prefill_worker_id": 2**64 - 1, "decode_worker_id": 7}}},
    {"id": "chatcmpl-1", "choices": [{"delta": {"content": "b"}}]},
    {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 40, "prompt_tokens_details": {"cached_tokens": 32}}},
]
STREAM = "".join(f"data: {json.dumps(e)}\n\n" for e in EVENTS) + "data: [DONE]\n\n"


def chunked(content: bytes, size: int) -> bytes:
    pieces = [content[i:i + size] for i in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def serve_once(response: bytes) -> int:
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener, listener.accept()[0] as s:
            s.recv(1 << 20)
            s.sendall(response)

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


class ClientTest(unittest.TestCase):
    def test_chunks_survive_any_slicing(self) -> None:
        content = STREAM.encode()
        wire = chunked(content, 17)
        for size in (1, 2, 3, 16, 1000):
            slices = iter([wire[i:i + size] for i in range(0, len(wire), size)])
            self.assertEqual(content, b"".join(client.dechunk(b"", slices)))

    def test_a_chunked_body_that_ends_early_is_an_error(self) -> None:
        with self.assertRaisesRegex(ValueError, "ended early"):
            list(client.dechunk(b"5\r\nab", iter([])))

    def test_events_are_split_at_lines_not_at_pieces(self) -> None:
        pieces = iter([b"data: on", b"e\n\n: comment\nda", b"ta: two\r\n\n"])
        self.assertEqual(["one", "two"], list(client.sse_events(pieces)))

    def test_a_stream_is_read_to_its_end(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = client.chat(serve_once(head + chunked(STREAM.encode(), 50)), {}, {}, 5)
        self.assertTrue(answer.ok(), answer)
        self.assertEqual((40, 32, 2), (answer.prompt_tokens, answer.cached_tokens, answer.tokens_seen))
        self.assertEqual((str(2**64 - 1), "7"), (answer.prefill_worker, answer.decode_worker))
        self.assertIsNotNone(answer.ttft_ms)

    def test_a_stream_without_done_is_not_ok(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        self.assertFalse(client.chat(serve_once(head + b"data: {}\n\n"), {}, {}, 5).ok())

    def test_an_error_event_is_not_ok(self) -> None:
        answer = client.Answer(status=200, done=True)
        client.read_event(answer, '{"error":{"code":503}}', 1.0)
        self.assertFalse(answer.ok())

    def test_an_error_answer_keeps_status_and_text(self) -> None:
        answer = client.chat(serve_once(b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nfull"), {}, {}, 5)
        self.assertEqual((429, "full", False), (answer.status, answer.error, answer.ok()))

    def test_nobody_listening_is_an_answer_with_an_error(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assertIn("ConnectionRefusedError", client.chat(port, {}, {}, 5).error or "")
