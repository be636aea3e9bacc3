"""Commands that take a while: progress while they run, the end of their output when they fail."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .console import note
from .errors import DemoError, last_lines
from .processes import Child, stop_all

PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class Command:
    """A command, what it does, and what a user can do when it fails. `excerpt` picks what to show of its output."""

    what: str
    arguments: tuple[str, ...]
    advice: str
    folder: Path | None = None
    environment: Mapping[str, str] | None = None
    excerpt: Callable[[str], str] = last_lines


def run_command(command: Command, measured: Path | None = None) -> None:
    """Runs a command to its end, noting now and then how long it runs and how large `measured` is.

    Raises DemoError with an excerpt of the output and the advice when it fails.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output"
        environment = os.environ if command.environment is None else command.environment
        child = Child(command.what, command.arguments, log, environment, folder=command.folder)
        try:
            _watch(child, measured, started)
        finally:
            stop_all([child])
        if child.popen.returncode != 0:
            excerpt = command.excerpt(log.read_text(errors="replace"))
            raise DemoError(f"{command.what} failed with status {child.popen.returncode}; from its output:\n{excerpt}\n"
                            f"  What to do: {command.advice}")
    note(f"  {command.what}: done, {_so_far(measured, started)}")


def _watch(child: Child, measured: Path | None, started: float) -> None:
    while True:
        try:
            child.popen.wait(PROGRESS_SECONDS)
            return
        except subprocess.TimeoutExpired:
            note(f"  {child.name}: {_so_far(measured, started)} ...")


def _so_far(measured: Path | None, started: float) -> str:
    seconds = f"{time.monotonic() - started:.0f} s"
    return seconds if measured is None else f"{_mebibytes(measured)} MiB, {seconds}"


def _mebibytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                continue
    return total >> 20
