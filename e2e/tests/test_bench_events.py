"""The benchmark `events`: its figures and its targets."""

from __future__ import annotations

import unittest
from typing import Any

from lib.bench import events
from lib.bench.command import BENCHMARKS
from lib.bench.events import figures, misses

KEYS = ["tokens_per_block", "zmq_mblocks_s", "raw_mblocks_s", "peer_zmq_mblocks_s", "peer_raw_mblocks_s", "zmq_speedup",
        "raw_speedup", "lag_p99_ms", "lost", "equal"]


def answer(seconds: float, matched: int = 7, lost: int = 0) -> dict[str, Any]:
    return {"seconds": seconds, "blocks": 2_000_000, "lost": lost, "matched": matched}


def a_run(ours: float, peer: float, **more: int) -> dict[str, dict[str, Any]]:
    return {"zmq": answer(ours, **more), "peer_zmq": answer(peer), "raw": answer(ours), "peer_raw": answer(peer)}


LAGS = [{"lag_p99_ms": 1.0, "lost": 0}, {"lag_p99_ms": 2.0, "lost": 0}]


class FiguresTest(unittest.TestCase):
    def test_it_is_one_of_the_benchmarks(self) -> None:
        self.assertIs(BENCHMARKS["events"], events)

    def test_the_last_line_has_exactly_these_keys_and_flat_values(self) -> None:
        row = figures([a_run(1, 4)], LAGS)
        self.assertEqual(KEYS, list(row))
        self.assertTrue(all(isinstance(value, (int, float)) for value in row.values()))

    def test_figures_are_medians_and_their_ratios(self) -> None:
        row = figures([a_run(1, 4), a_run(0.5, 2), a_run(0.8, 4)], LAGS)
        self.assertEqual((2.5, 0.5, 5.0, 2.0, 0, True),
                         (row["zmq_mblocks_s"], row["peer_raw_mblocks_s"], row["raw_speedup"], row["lag_p99_ms"], row["lost"],
                          row["equal"]))
        self.assertEqual([], misses(row))

    def test_different_indexes_are_no_figures(self) -> None:
        self.assertFalse(figures([a_run(1, 4, matched=8)], LAGS)["equal"])

    def test_every_missed_target_is_a_sentence(self) -> None:
        row = figures([a_run(4, 4, lost=3)], [{"lag_p99_ms": 6.0, "lost": 0}])
        self.assertEqual(6, len(misses(row)))
        self.assertIn("zmq_mblocks_s 0.5 (target: at least 1.5)", misses(row))
        self.assertIn("lag_p99_ms 6.0 (target: under 5.0)", misses(row))


if __name__ == "__main__":
    unittest.main()
