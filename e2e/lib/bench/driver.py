"""A driver that answers one line of JSON to each line of a command, alone on one processor."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DemoError


class Driver:
    """A running driver. Confined to one thread. Use as a context manager."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Starts it on the last processor, and waits until it says `ready`."""
        self._name = name
        processor = max(os.sched_getaffinity(0))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
        words = self._line().split()
        if not words or words[0] != "ready":
            raise DemoError(f"{name}: {' '.join(words)!r} (expected: ready)")
        self.ready = words[1:]

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, *words: object) -> dict[str, Any]:
        """Sends a command and returns the answer."""
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def use_processors(self, count: int) -> None:
        """Moves all its threads to the first processors of this process."""
        processors = set(sorted(os.sched_getaffinity(0))[:count])
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), processors)

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            raise DemoError(f"{self._name}: ended with status {self._process.wait()}")
        return line
