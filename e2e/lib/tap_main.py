"""The event tap's own process: `python tap_main.py DISCOVERY_FOLDER`, in the environment that has pyzmq and msgspec.

Subscribes to every `kv-events` channel of the discovery folder and writes one JSON object per line:
`{"connected": endpoint}`, `{"lost": text}`, or one event `{"worker", "rank", "eventId", "kind", "blocks", "depth"}`:

- `kind`: stored, removed, cleared, or other (blocks outside the device memory)
- `depth`: the position of the first stored block in its prompt; -1 when its parent was never seen

Ends when standard output closes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import zmq
from zmq.utils.monitor import recv_monitor_message

ENVELOPE_PREFIX_BYTES = 5
POLL_MILLISECONDS = 50
DEVICE_TIER = "device"


def emit(record: dict[str, Any]) -> None:
    """Writes one line."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


class Ranks:
    """Follows the block chains of every worker rank so that a stored block's position is known."""

    def __init__(self) -> None:
        self._depths: dict[tuple[int, int], dict[int, int]] = {}
        self._last_event_ids: dict[tuple[int, int], int] = {}

    def apply(self, router_event: dict[str, Any]) -> None:
        """Reports one event; a hole in the event ids is reported as lost."""
        event = router_event["event"]
        rank = (router_event["worker_id"], event.get("dp_rank", 0))
        self._check_order(rank, event["event_id"])
        if router_event.get("storage_tier", DEVICE_TIER) == DEVICE_TIER:
            kind, blocks, depth = _follow(event["data"], self._depths.setdefault(rank, {}))
        else:
            kind, blocks, depth = "other", 0, -1
        emit({"worker": str(rank[0]), "rank": rank[1], "eventId": event["event_id"], "kind": kind, "blocks": blocks,
              "depth": depth})

    def _check_order(self, rank: tuple[int, int], event_id: int) -> None:
        last = self._last_event_ids.get(rank, 0)
        if event_id != last + 1:
            emit({"lost": f"worker {rank[0]} rank {rank[1]}: event {event_id} follows {last}"})
        self._last_event_ids[rank] = event_id


def _follow(data: Any, depths: dict[int, int]) -> tuple[str, int, int]:
    if isinstance(data, dict) and "stored" in data:
        stored = data["stored"]
        parent = stored["parent_hash"]
        first = 0 if parent is None else depths.get(parent, -2) + 1
        for i, block in enumerate(stored["blocks"]):
            depths[block["block_hash"]] = first + i
        return "stored", len(stored["blocks"]), first
    if isinstance(data, dict) and "removed" in data:
        # Positions stay: a block is a hash of its whole prefix, so it never moves.
        return "removed", len(data["removed"]["block_hashes"]), -1
    depths.clear()
    return "cleared", 0, -1


def decode_events(frame: bytes) -> list[dict[str, Any]]:
    """Returns the router events of one envelope: version byte, length (u32 BE), msgpack map with a msgpack payload."""
    length = int.from_bytes(frame[1:ENVELOPE_PREFIX_BYTES], "big")
    envelope = msgspec.msgpack.decode(frame[ENVELOPE_PREFIX_BYTES:ENVELOPE_PREFIX_BYTES + length])
    return msgspec.msgpack.decode(envelope["payload"])


def kv_event_endpoints(discovery: Path) -> set[str]:
    """Returns the ZMQ endpoints of all `kv-events` channels that are registered now."""
    endpoints = set()
    for file in discovery.glob("v1/event_channels/*"):
        try:
            channel = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
        if channel.get("topic") == "kv-events":
            endpoints.add(channel["transport"]["config"]["endpoint"])
    return endpoints


class Subscriptions:
    """One SUB socket per endpoint, with a monitor that tells when the handshake is done."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        self._endpoints: set[str] = set()
        self._sockets: dict[zmq.Socket, str] = {}
        self._monitors: dict[zmq.Socket, str] = {}

    def add_new(self, endpoints: set[str]) -> None:
        """Connects to endpoints not seen before."""
        for endpoint in endpoints - self._endpoints:
            self._endpoints.add(endpoint)
            socket = self._context.socket(zmq.SUB)
            socket.setsockopt(zmq.RCVHWM, 0)
            socket.setsockopt(zmq.SUBSCRIBE, b"")
            monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
            self._poller.register(socket, zmq.POLLIN)
            self._poller.register(monitor, zmq.POLLIN)
            self._sockets[socket], self._monitors[monitor] = endpoint, endpoint
            socket.connect(endpoint)

    def receive(self, ranks: Ranks) -> None:
        """Waits a moment and reports what arrived."""
        for socket, _ in self._poller.poll(POLL_MILLISECONDS):
            if socket in self._monitors:
                recv_monitor_message(socket)
                emit({"connected": self._monitors[socket]})
            else:
                for event in decode_events(socket.recv_multipart()[-1]):
                    ranks.apply(event)


def main() -> None:
    """Taps until the reader goes away."""
    discovery = Path(sys.argv[1])
    subscriptions, ranks = Subscriptions(), Ranks()
    try:
        while True:
            subscriptions.add_new(kv_event_endpoints(discovery))
            subscriptions.receive(ranks)
    except (BrokenPipeError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main()
