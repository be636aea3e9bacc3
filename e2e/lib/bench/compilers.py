"""Knows when Java programs have nothing left to compile: a server serves for days, and is measured as it is then."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

TURNS_MAX = 20
# Compilers that take no more of a processor than this have nothing left that matters.
SHARE_MAX = 0.02


def warm_up(pids: Collection[int], work: Callable[[], object]) -> None:
    """Does the work until the compilers of these programs, Java or not, are quiet, or have had many turns to become so."""
    for _ in range(TURNS_MAX):
        before, start = sum(map(compiler_seconds, pids)), time.monotonic()
        work()
        if sum(map(compiler_seconds, pids)) - before <= SHARE_MAX * (time.monotonic() - start):
            return


def compiler_seconds(pid: int) -> float:
    """Returns the processor time that a program's just-in-time compilers have taken; threads that have ended are left out."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, _, numbers = (task / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it has ended meanwhile
        if name.startswith(("C1 Comp", "C2 Comp")):
            fields = numbers.split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
