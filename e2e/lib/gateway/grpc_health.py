"""Asks a gRPC health service, as a kubelet's gRPC probe does: one call on a plain HTTP/2 connection."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, GOAWAY = 0x0, 0x1, 0x4, 0x7
END_STREAM, END_HEADERS, ACKNOWLEDGED = 0x1, 0x4, 0x1
STREAM = 1
FRAME_HEAD_BYTES = 9
FRAMES_MAX = 50
SERVING = b"\x08\x01"
METHOD = "/grpc.health.v1.Health/Check"


def is_serving(address: str, port: int, service: str, timeout_seconds: float) -> bool:
    """Tells whether the service says SERVING; nobody answering, or something else, is no."""
    try:
        with socket.create_connection((address, port), timeout=timeout_seconds) as connection:
            connection.settimeout(timeout_seconds)
            connection.sendall(request(f"{address}:{port}", service))
            return any(kind == DATA and payload[5:] == SERVING for kind, payload in _answers(connection))
    except OSError:
        return False


def request(authority: str, service: str) -> bytes:
    """Returns the bytes of one whole call."""
    name = service.encode()
    message = b"" if not name else b"\x0a" + bytes([len(name)]) + name
    headers = b"".join(_literal(key, value) for key, value in (
        (":method", "POST"), (":scheme", "http"), (":path", METHOD), (":authority", authority),
        ("content-type", "application/grpc"), ("te", "trailers")))
    return (PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, END_HEADERS, STREAM, headers)
            + frame(DATA, END_STREAM, STREAM, b"\0" + struct.pack(">I", len(message)) + message))


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Returns one HTTP/2 frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _literal(name: str, value: str) -> bytes:
    """A header field without indexing and without Huffman coding; both shorter than 127 bytes (RFC 7541, 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def _answers(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The frames of the answer, until the stream ends."""
    for _ in range(FRAMES_MAX):
        head = _read(connection, FRAME_HEAD_BYTES)
        kind, flags = head[3], head[4]
        yield kind, _read(connection, int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACKNOWLEDGED:
            connection.sendall(frame(SETTINGS, ACKNOWLEDGED, 0, b""))
        if kind == GOAWAY or (kind in (DATA, HEADERS) and flags & END_STREAM):
            return


def _read(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise ConnectionError("closed in the middle of a frame")
        received += more
    return received
