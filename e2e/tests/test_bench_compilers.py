"""How long the benchmarks warm up."""

from __future__ import annotations

import os
import unittest

from lib.bench import compilers


class WarmUp(unittest.TestCase):
    """Beside programs whose compilers are known."""

    def test_a_program_without_compilers_takes_one_turn(self) -> None:
        turns: list[int] = []
        compilers.warm_up([os.getpid()], lambda: turns.append(1))
        self.assertEqual(1, len(turns))

    def test_compilers_that_stay_busy_end_nothing_but_the_turns(self) -> None:
        turns: list[int] = []
        taken = iter(range(2 * compilers.TURNS_MAX))
        original = compilers.compiler_seconds
        compilers.compiler_seconds = lambda _: next(taken)  # type: ignore[assignment]
        try:
            compilers.warm_up([1], lambda: turns.append(1))
        finally:
            compilers.compiler_seconds = original
        self.assertEqual(compilers.TURNS_MAX, len(turns))


if __name__ == "__main__":
    unittest.main()
