"""What the workers themselves say about their caches: their KV events, independent of kv-epp."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import DemoError
from .processes import Child

TAP_MAIN = Path(__file__).with_name("tap_main.py")


@dataclass(frozen=True)
class StoredBlocks:
    """A run of blocks that a worker rank stored; `depth` is the position of the first in its prompt."""

    worker_id: str
    dp_rank: int
    depth: int
    blocks: int

    def below(self, limit: int) -> int:
        """Returns how many of the blocks lie before position `limit`."""
        return max(0, min(self.blocks, limit - self.depth))


class TapLog:
    """The tap's records. Thread-safe: one thread adds, any thread reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connected: set[str] = set()
        self._stored: list[StoredBlocks] = []
        self._last_event_ids: dict[tuple[str, int], int] = {}
        self._lost: str | None = None
        self._last_arrival = time.monotonic()

    def add(self, line: str | bytes) -> None:
        """Takes one line of the tap's process."""
        record = json.loads(line)
        with self._lock:
            self._last_arrival = time.monotonic()
            if "connected" in record:
                self._connected.add(record["connected"])
            elif "lost" in record:
                self._lost = record["lost"]
            else:
                self._add_event(record)

    def _add_event(self, record: Mapping[str, object]) -> None:
        worker, rank = str(record["worker"]), int(str(record["rank"]))
        self._last_event_ids[worker, rank] = int(str(record["eventId"]))
        if record["kind"] == "stored":
            depth = int(str(record["depth"]))
            if depth < 0:
                self._lost = f"worker {worker} rank {rank}: a stored block without a known parent"
            self._stored.append(StoredBlocks(worker, rank, depth, int(str(record["blocks"]))))

    def connected(self) -> int:
        """Returns how many channels are connected."""
        with self._lock:
            return len(self._connected)

    def last_event_ids(self) -> dict[tuple[str, int], int]:
        """Returns the newest event id per worker and rank."""
        with self._lock:
            return dict(self._last_event_ids)

    def mark(self) -> int:
        """Returns a position for `stored_since`."""
        with self._lock:
            return len(self._stored)

    def stored_since(self, mark: int) -> list[StoredBlocks]:
        """Returns what was stored after the mark; raises DemoError when the tap lost an event."""
        with self._lock:
            if self._lost:
                raise DemoError(f"event tap: lost events: {self._lost}")
            return self._stored[mark:]

    def quiet_seconds(self) -> float:
        """Returns how long nothing arrived."""
        with self._lock:
            return time.monotonic() - self._last_arrival


class Tap:
    """The tap's process and its reader thread."""

    def __init__(self, python: str, discovery: Path, log_file: Path, environment: Mapping[str, str]):
        self.log = TapLog()
        self.child = Child("event tap", [python, str(TAP_MAIN), str(discovery)], log_file, environment, pipe_output=True)
        threading.Thread(target=self._read, name="event-tap", daemon=True).start()

    def _read(self) -> None:
        assert self.child.popen.stdout is not None
        for line in self.child.popen.stdout:
            self.log.add(line)
