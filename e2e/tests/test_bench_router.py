"""The benchmark `router`: its figures and its targets."""

from __future__ import annotations

import contextlib
import io
import os
import unittest
from typing import Any

from lib.bench import router
from lib.bench.command import BENCHMARKS
from lib.bench.router import failures, figures, misses, processor_seconds, say_sides

KEYS = ["pairs_s", "java_pairs_s", "peer_calls_s", "speedup", "p50_us", "p99_us", "peer_p99_us", "p99_ratio", "cpu_us_pair",
        "peer_cpu_us_call", "peer_python_calls_s", "peer_java_calls_s", "gen_added_us", "gen_routed_p99_us", "streams", "equal"]
AGREED = {"asked": 32, "right": 32}


def answer(count: int, p99: int = 100, failed: int = 0) -> dict[str, Any]:
    return {"count": count, "seconds": 2.0, "router_seconds": 1.0, "processor_seconds": 0.5, "p50_us": 50, "p99_us": p99,
            "failures": failed}


def a_run(ours: int, peer: int, p99: int = 100) -> dict[str, dict[str, Any]]:
    return {"pairs": answer(ours // 2), "peer_python": answer(peer // 2), "java_pairs": answer(ours, p99),
            "peer_java": answer(peer, 400)}


def streamed(routed: int) -> dict[str, dict[str, Any]]:
    return {"direct": answer(10), "routed": {**answer(10), "p50_us": routed}}


class FiguresTest(unittest.TestCase):
    def test_it_is_one_of_the_benchmarks(self) -> None:
        self.assertIs(BENCHMARKS["router"], router)

    def test_the_last_line_has_exactly_these_keys_and_flat_values(self) -> None:
        row = figures([a_run(400, 100)], [streamed(90)], AGREED)
        self.assertEqual(KEYS, list(row))
        self.assertTrue(all(isinstance(value, (int, float)) for value in row.values()))

    def test_figures_are_medians_against_the_peers_better_client(self) -> None:
        row = figures([a_run(400, 100), a_run(600, 100), a_run(500, 120)], [streamed(90)], AGREED)
        self.assertEqual((125, 250, 50, 5.0, 100, 0.25, 40, True),
                         (row["pairs_s"], row["java_pairs_s"], row["peer_calls_s"], row["speedup"], row["p99_us"],
                          row["p99_ratio"], row["gen_added_us"], row["equal"]))
        self.assertEqual([], misses(row))

    def test_what_each_client_saw_is_a_row(self) -> None:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            say_sides([a_run(400, 100)])
        lines = [line.split() for line in output.getvalue().splitlines()[1:]]
        self.assertEqual([["100", "50", "100", "5000", "2500"], ["25", "50", "100", "20000", "10000"],
                          ["200", "50", "100", "2500", "1250"], ["50", "50", "400", "10000", "5000"]],
                         [line[-5:] for line in lines])

    def test_every_missed_target_is_a_sentence(self) -> None:
        missed = misses(figures([a_run(200, 100, 300)], [streamed(500)], AGREED))
        self.assertEqual(["speedup 2.0 (target: at least 3.0)", "p99_ratio 0.75 (target: at most 0.5)",
                          "gen_added_us 450 (target: at most 100.0)"], missed)

    def test_failed_callers_and_wrong_answers_are_no_figures(self) -> None:
        run = {**a_run(400, 100), "java_pairs": answer(400, failed=2)}
        self.assertEqual(["2 callers failed", "of 32 prompts 30 were sent where they are held"],
                         failures([run], [streamed(90)], {"asked": 32, "right": 30}))

    def test_the_processor_time_of_this_process_can_be_read(self) -> None:
        self.assertGreater(processor_seconds(os.getpid()), 0)


if __name__ == "__main__":
    unittest.main()
