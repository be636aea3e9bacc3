"""What the user sees while something happens: plain lines, flushed at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str = "") -> None:
    """Prints one line on standard output."""
    print(line, flush=True)


def note(line: str) -> None:
    """Prints one line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step and, when it succeeded, the seconds it took."""
    note(f"{title} ...")
    started = time.monotonic()
    yield
    note(f"{title}: done in {time.monotonic() - started:.1f} s")
