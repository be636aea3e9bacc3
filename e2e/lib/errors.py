"""Failures that the user reads."""

from __future__ import annotations


class DemoError(Exception):
    """Something the demo needs did not work; the message says what failed and what to do."""


def last_lines(text: str, count: int = 15) -> str:
    """Returns the last `count` lines of a program's output, indented for an error message."""
    return "\n".join("    " + line for line in text.rstrip().splitlines()[-count:])
