"""Who really served a request: the workers' own logs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

RECEIVED = re.compile(rb"request received request_id=([0-9a-f-]{36})")


class WorkerLogs:
    """Follows the log files of some workers. Confined to one thread."""

    def __init__(self, logs: Iterable[tuple[str, Path]]):
        self._logs = list(logs)
        self._offsets = {path: 0 for _, path in self._logs}
        self._served: dict[str, set[str]] = {}

    def served_by(self, response_id: str) -> set[str]:
        """Returns the ids of the workers that have logged the request of a response (`chatcmpl-<uuid>`)."""
        for worker_id, path in self._logs:
            self._read_on(worker_id, path)
        return self._served.get(response_id.partition("-")[2], set())

    def _read_on(self, worker_id: str, path: Path) -> None:
        with path.open("rb") as log:
            log.seek(self._offsets[path])
            content = log.read()
        complete = content[:content.rfind(b"\n") + 1]
        self._offsets[path] += len(complete)
        for request_id in RECEIVED.findall(complete):
            self._served.setdefault(request_id.decode(), set()).add(worker_id)
