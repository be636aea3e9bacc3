"""A driver that stays in memory: one command a line in, one JSON object a line out.

Both sides of a benchmark stay warm this way while they take turns.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any

from ..errors import DemoError, last_lines

ANSWER_SECONDS_MAX = 900
END_SECONDS_MAX = 10


class Resident:
    """A running driver. Close it, or use it in a `with` statement. Confined to one thread."""

    def __init__(self, name: str, command: Sequence[str], answer_seconds_max: float = ANSWER_SECONDS_MAX,
                 processors: Collection[int] | None = None) -> None:
        """Starts it, on these processors only if they are given."""
        self._name = name
        self._answer_seconds_max = answer_seconds_max

        def move() -> None:
            if processors is not None:
                os.sched_setaffinity(0, processors)
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=move)
        except OSError as e:
            raise DemoError(f"{name}: cannot start {command[0]}: {e.strerror}") from e

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def ready(self) -> list[str]:
        """Waits for the line `ready ...` that some drivers begin with, and returns its other words."""
        words = self._within_time(self._read)
        if words.split()[:1] != ["ready"]:
            raise self._silence("be ready", words)
        return words.split()[1:]

    def ask(self, *words: object) -> dict[str, Any]:
        """Returns the answer to one command. Raises DemoError when there is none in time."""
        command = " ".join(map(str, words))
        line = self._within_time(lambda: self._exchange(command))
        try:
            answer = json.loads(line)
        except ValueError:
            raise self._silence(command, line) from None
        assert isinstance(answer, dict)
        return answer

    def use_processors(self, processors: Collection[int]) -> None:
        """Moves all its threads."""
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), processors)

    def _within_time(self, exchange: Callable[[], str]) -> str:
        late = Timer(self._answer_seconds_max, self._process.kill)
        late.start()
        try:
            return exchange()
        finally:
            late.cancel()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _exchange(self, command: str) -> str:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said before it ended is still there to be read
        return self._read()

    def _silence(self, command: str, line: str) -> DemoError:
        assert self._process.stdout is not None
        self._end_input()
        rest = line + self._process.stdout.read()
        status = self._process.wait(END_SECONDS_MAX)
        return DemoError(f"{self._name}: no answer to {command}, status {status}, within {self._answer_seconds_max:.0f} s; "
                         f"from its output:\n{last_lines(rest)}")

    def _end_input(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended by itself

    def close(self) -> None:
        """Ends the driver: by the end of its input, else by force."""
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._end_input()
        try:
            self._process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
