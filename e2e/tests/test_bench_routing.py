"""The benchmarks of the decision: figures, targets, settings."""

from __future__ import annotations

import contextlib
import io
import unittest
from typing import Any

from lib.bench import pick, routing
from lib.bench.command import BENCHMARKS, _parser

ROUTING_KEYS = ("trace, workers, rate, hit_rate, rr_hit_rate, ll_hit_rate, oracle_hit_rate, oracle_ratio, ttft_p99_ms, "
                "rr_p99_ratio, ll_p99_ratio_worst, load_cv").split(", ")
PICK_KEYS = ("tokens, block_size, hash_us, p50_us_16, p50_us_128, p50_us_1024, p99_us_16, p99_us_1024, picks_s_1t, "
             "picks_s_2t, garbage_bytes_16, garbage_bytes_1024").split(", ")


def replay(policy: str, hit_rate: float, p99: float, rate: float = 1.0) -> dict[str, Any]:
    return {"policy": policy, "rate": rate, "hit_rate": hit_rate, "ttft_mean_ms": 1.0, "ttft_p50_ms": 1.0,
            "ttft_p99_ms": p99, "load_cv": 0.01}


def answer(kv: float = 0.4, p99: float = 60.0, worst: float = 90.0) -> dict[str, Any]:
    return {
        "replays": [replay("kv", kv, p99), replay("round-robin", 0.1, 100.0), replay("least-loaded", 0.2, 80.0),
                    replay("oracle", 0.4, 50.0)],
        "compared": [replay("kv", 0.4, 50.0, 0.2), replay("least-loaded", 0.2, 100.0, 0.2),
                     replay("kv", 0.4, worst, 2.0), replay("least-loaded", 0.2, 100.0, 2.0)]}


class RoutingTest(unittest.TestCase):
    def test_the_figures_are_flat_and_in_order(self) -> None:
        row = routing.figures("t", 8, 1.0, answer())
        self.assertEqual(list(row), ROUTING_KEYS)
        self.assertEqual((row["oracle_ratio"], row["rr_p99_ratio"], row["ll_p99_ratio_worst"]), (1.0, 0.6, 0.9))
        self.assertEqual(routing.misses(row), [])

    def test_each_target_is_told_when_missed(self) -> None:
        row = routing.figures("t", 8, 1.0, answer(kv=0.39, p99=80.0, worst=101.0))
        self.assertEqual(routing.misses(row), [
            "oracle_ratio 0.975 (target: at least 0.98)", "rr_p99_ratio 0.8 (target: at most 0.75)",
            "ll_p99_ratio_worst 1.01 (target: at most 1.0)"])

    def test_a_rate_is_a_number_within_bounds(self) -> None:
        self.assertEqual(_parser().parse_args(["routing", "--rate", "0.5"]).rate, 0.5)
        for wrong in ("0", "11", "x"):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                _parser().parse_args(["routing", "--rate", wrong])


class PickTest(unittest.TestCase):
    def test_the_figures_are_medians_flat_and_in_order(self) -> None:
        runs = [{key: float(n) for key in (*pick.KEYS, *pick.PRINTED)} for n in (3, 1, 2)]
        row = pick.figures(runs)
        self.assertEqual(list(row), [*PICK_KEYS, *pick.PRINTED])
        self.assertEqual(row["p50_us_16"], 2.0)
        self.assertEqual(pick.misses(row), [])

    def test_each_target_is_told_when_missed(self) -> None:
        row = {"hash_us": 41.0, "p50_us_16": 15.0, "p50_us_1024": 61.0, "garbage_bytes_16": 1000, "garbage_bytes_1024": 1200}
        self.assertEqual(pick.misses(row), ["hash_us 41.0 (target: at most 40.0)", "p50_us_1024 61.0 (target: at most 60.0)",
                                            "garbage_bytes_1024 / garbage_bytes_16 1.20 (target: at most 1.1)"])

    def test_bookings_that_are_left_and_blocks_hashed_twice_are_failures(self) -> None:
        self.assertEqual(pick.failures({"booked": 0, "grown_blocks": 4, "grown_blocks_hashed": 4}), [])
        self.assertEqual(pick.failures({"booked": 1, "grown_blocks": 4, "grown_blocks_hashed": 9}),
                         ["bookings are left", "of a prompt that grew by 4 blocks 9 were hashed"])


class CommandTest(unittest.TestCase):
    def test_both_are_benchmarks(self) -> None:
        self.assertIs(BENCHMARKS["pick"], pick)
        self.assertIs(BENCHMARKS["routing"], routing)


if __name__ == "__main__":
    unittest.main()
