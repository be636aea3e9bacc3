"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from .errors import DemoError

T = TypeVar("T")

POLL_SECONDS = 0.02


class DeadlineExceeded(DemoError):
    """A condition did not become true in time."""


def wait_until(what: str, condition: Callable[[], T | None], deadline_seconds: float, poll_seconds: float = POLL_SECONDS) -> T:
    """Polls `condition` until it returns something true and returns that.

    Raises DeadlineExceeded naming `what` after `deadline_seconds`; an exception of the condition passes through.
    """
    deadline = time.monotonic() + deadline_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise DeadlineExceeded(f"{what}: not within {deadline_seconds:g} s")
        time.sleep(poll_seconds)
