"""Child processes that never outlive this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import DemoError, last_lines

PR_SET_PDEATHSIG = 1
TERMINATE_SECONDS = 5.0
POLL_SECONDS = 0.02

try:
    _libc: ctypes.CDLL | None = ctypes.CDLL(None, use_errno=True)
except OSError:
    _libc = None


def _die_with_parent() -> None:
    if _libc is not None and hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One started program in a process group of its own, with a log file.

    Start it on the main thread: Linux delivers the parent-death signal when the starting thread ends.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str], *,
                 pipe_output: bool = False, folder: Path | None = None):
        self.name = name
        self.log = log
        try:
            with log.open("ab") as out:
                self.popen = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if pipe_output else out,
                    stderr=out,
                    env=dict(environment),
                    cwd=folder,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
        except OSError as e:
            raise DemoError(f"{name}: cannot start {command[0]}: {e.strerror}") from e

    def alive(self) -> bool:
        """Tells whether the program still runs."""
        return self.popen.poll() is None

    def require_alive(self) -> None:
        """Raises DemoError with the end of the log when the program has ended."""
        if not self.alive():
            tail = last_lines(self.log.read_text(errors="replace"))
            raise DemoError(f"{self.name} ended with status {self.popen.returncode}; the end of {self.log}:\n{tail}")

    def signal(self, number: int) -> None:
        """Sends a signal to the whole process group; a group that is gone is fine."""
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass


class Children:
    """The programs of one stack, ended in the reverse order of their start."""

    def __init__(self) -> None:
        self._running: list[Child] = []

    def add(self, child: Child) -> Child:
        """Takes over the child's end."""
        self._running.append(child)
        return child

    def require_all_alive(self) -> None:
        """Raises DemoError when any program has ended by itself."""
        for child in self._running:
            child.require_alive()

    def stop(self, child: Child, number: int = signal.SIGTERM) -> None:
        """Ends one child and waits for it: `number` first, SIGKILL after a deadline."""
        stop_all([child], number)
        self._running.remove(child)

    def close(self, number: int = signal.SIGTERM) -> None:
        """Ends all children as `stop` does; safe to call twice."""
        running, self._running = self._running, []
        stop_all(list(reversed(running)), number)


def stop_all(children: Sequence[Child], number: int = signal.SIGTERM) -> None:
    """Signals every child, then kills the process groups of those that are left after TERMINATE_SECONDS."""
    for child in children:
        child.signal(number)
    deadline = time.monotonic() + TERMINATE_SECONDS
    while any(c.alive() for c in children) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for child in children:
        # Also the grandchildren of a leader that is gone.
        child.signal(signal.SIGKILL)
        child.popen.wait()
