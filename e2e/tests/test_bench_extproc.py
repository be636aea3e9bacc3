"""The benchmark `extproc`: its figures and its targets."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

from lib import discovery
from lib.bench import extproc
from lib.bench.command import BENCHMARKS
from lib.bench.extproc_figures import failures, figures, misses
from lib.bench.extproc_sides import WORKERS, Store
from lib.install import Parts

SIZES = ("1k", "32k", "128k")
KEYS = [f"{prefix}cpu_ms_{size}" for prefix in ("", "null_", "java_null_") for size in SIZES] + [
    f"{prefix}_{size}" for prefix in ("null_ratio", "routed_p50_ms", "routed_p99_ms", "rps") for size in SIZES] + [
    "tls_p50_ms", "rss_mib", "envoy_added_p50_ms_c1", "envoy_added_p50_ms_c16", "envoy_added_p50_ms_c128", "fair_p99_ratio",
    "null_fair_p99_ratio"]


def answer(p50: float = 1.0, p99: float = 2.0, cpu: float = 0.1, failed: int = 0, requests: int = 9) -> dict[str, Any]:
    return {"requests": requests, "failed": failed, "rps": 1000.4, "p50_ms": p50, "p99_ms": p99, "cpu_ms": cpu}


def a_turn(ours: float, null: float) -> dict[str, dict[str, dict[str, Any]]]:
    return {"kv-epp": {size: answer(cpu=ours) for size in SIZES}, "null": {size: answer(cpu=null) for size in SIZES},
            "java_null": {size: answer(cpu=0.05) for size in SIZES}}


def added(more: float) -> dict[str, dict[int, dict[str, Any]]]:
    return {"plain": {count: answer() for count in (1, 16, 128)}, "asking": {count: answer(1 + more) for count in (1, 16, 128)}}


def fair(*beside: float) -> list[dict[str, Any]]:
    return [{side: {"alone": answer(), "beside": answer(p99=p99 * factor), "large": answer()}
             for side, factor in (("kv-epp", 1), ("null", 2))} for p99 in beside]


class FiguresTest(unittest.TestCase):
    def test_it_is_one_of_the_benchmarks(self) -> None:
        self.assertIs(BENCHMARKS["extproc"], extproc)

    def test_the_last_line_has_exactly_these_keys_and_flat_values(self) -> None:
        row = figures([a_turn(0.2, 0.1)], [answer(0.3)], [added(0.5)], fair(4), 200.4)
        self.assertEqual(KEYS, list(row))
        self.assertTrue(all(isinstance(value, (int, float)) for value in row.values()))

    def test_figures_are_medians_and_their_ratios(self) -> None:
        row = figures([a_turn(0.2, 0.1), a_turn(0.3, 0.15), a_turn(0.9, 0.2)], [answer(0.3)], [added(0.5), added(0.7), added(9)],
                      fair(7, 5, 1), 200.4)
        self.assertEqual((0.3, 0.15, 2.0, 0.7, 2.5, 200), (row["cpu_ms_1k"], row["null_cpu_ms_1k"], row["null_ratio_1k"],
                                                           row["envoy_added_p50_ms_c16"], row["fair_p99_ratio"], row["rss_mib"]))
        self.assertEqual(5.0, row["null_fair_p99_ratio"])

    def test_targets_of_processor_time_follow_the_null_picker(self) -> None:
        slow_machine = figures([a_turn(0.5, 0.23)], [answer(0.3)], [added(0.5)], fair(4), 200)
        fast_machine = figures([a_turn(0.5, 0.115)], [answer(0.3)], [added(0.5)], fair(4), 200)
        self.assertEqual([], misses(slow_machine))
        self.assertEqual(["cpu_ms_1k 0.5 (target: at most 0.25)", "cpu_ms_32k 0.5 (target: at most 0.359)",
                          "cpu_ms_128k 0.5 (target: at most 0.393)"], misses(fast_machine))

    def test_every_missed_target_is_a_sentence(self) -> None:
        row = figures([a_turn(0.1, 0.23)], [answer(0.5)], [added(0.5)], fair(8), 300)
        self.assertEqual(["tls_p50_ms 0.5 (target: at most 0.4)", "rss_mib 300 (target: at most 256)",
                          "fair_p99_ratio 4.0 (target: at most 3.0)"], misses(row))

    def test_failed_requests_make_the_figures_worthless(self) -> None:
        self.assertEqual([], failures([a_turn(1, 1)], [answer()], [added(1)], fair(1)))
        self.assertEqual(["one stream over TLS: 3 requests failed"], failures([a_turn(1, 1)], [answer(failed=3)], [added(1)], fair(1)))
        self.assertEqual(["one stream over TLS: no request was answered"],
                         failures([a_turn(1, 1)], [answer(requests=0)], [added(1)], fair(1)))


class StoreTest(unittest.TestCase):
    def test_announced_workers_are_found_as_running_ones_are(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Store(Path(folder) / "store", Parts("python", "envoy", "/model", "m", "qwen2.5"))
            entries = sorted(path.name for path in (Path(folder) / "store" / "v1" / "mdc").iterdir())
            self.assertEqual(WORKERS, len(entries))
            self.assertEqual([1], list(discovery.worker_ids_by_port(Path(folder) / "store")))


if __name__ == "__main__":
    unittest.main()
