"""The index benchmark: settings, figures, targets, and drivers that stay in memory."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib.bench import index, index_capacity, index_report
from lib.bench.command import BENCHMARKS, _parser
from lib.bench.frame import Outcome
from lib.bench.index_figures import Setting, Side, Spread, apply_mblocks_s, figures, misses, mixed_mops_s, wrong
from lib.bench.index_sides import Result
from lib.bench.resident import Resident
from lib.build import REPOSITORY
from lib.errors import DemoError

KEYS = ("workers, blocks_per_worker, event_threads, churn, equal, apply_mblocks_s, crtc_apply_mblocks_s, apply_speedup, "
        "mixed_mops_s, mixed_speedup, lookup_p50_us, lookup_p99_us, lookup_p50_ratio, lookup_p99_ratio, busy_p99_ratio, "
        "bytes_per_block, churn_bytes_per_block, matched_blocks, crtc_matched_blocks").split(", ")
SHARED = Setting(16, 16384, 1)
EXACT = {"matched": 900, "over_pairs": 0, "over_blocks": 0, "under_pairs": 0, "under_blocks": 0, "wrong": []}


def one_run(apply_seconds: float, p50: float, p99: float, busy_p99: float) -> dict[str, Any]:
    return {"apply_seconds": apply_seconds, "busy_apply_seconds": 2.0, "mixed_seconds": 0.5,
            "event_blocks": 10_000_000, "query_blocks": 5_000_000,
            "idle": {"lookups": 10, "p50_us": p50, "p99_us": p99, "p999_us": p99},
            "busy": {"lookups": 10, "p50_us": p50, "p99_us": busy_p99, "p999_us": busy_p99}}


def side(apply_seconds: float = 0.25, p50: float = 0.2, bytes_total: int = 3900) -> Side:
    runs = [one_run(apply_seconds * factor, p50, 1.0, 1.5) for factor in (2, 1, 0.5)]
    memory = {"bytes": bytes_total, "swept_bytes": bytes_total, "owner_blocks": 100, "stored_blocks": 5_500}
    return Side(runs, memory, memory, EXACT)


def options(*arguments: str) -> argparse.Namespace:
    return _parser().parse_args(("index", *arguments))


class SettingsTest(unittest.TestCase):
    def test_without_options_the_three_usual_ones_are_measured_shared_and_private(self) -> None:
        self.assertEqual(
            ["16 x 16,384 x1", "16 x 16,384 x1 private", "128 x 16,384 x5", "128 x 16,384 x5 private",
             "1,024 x 4,096 x3", "1,024 x 4,096 x3 private"],
            [str(setting) for setting in index.settings(options("--event-threads", "2"))])

    def test_with_options_the_one_they_describe(self) -> None:
        self.assertEqual([Setting(64, 16384, 1)], index.settings(options("--workers", "64")))
        self.assertEqual([Setting(16, 16384, 1, True)], index.settings(options("--private-hashes")))
        self.assertEqual([Setting(16, 99, 2, False, "root-first", 3)], index.settings(options(
            "--blocks-per-worker", "99", "--copies", "2", "--eviction", "root-first", "--holes", "3")))

    def test_the_further_runs_are_those_that_are_not_measured_already(self) -> None:
        self.assertEqual(["16 x 16,384 x1 root-first", "16 x 16,384 x1 holes 4", "16 x 16,384 x1 private"],
                         [str(setting) for setting in index.further([SHARED])])
        self.assertEqual(2, len(index.further([replace(SHARED, private_hashes=True)])))

    def test_bad_arguments_are_named(self) -> None:
        for arguments, complaint in ((("--workers", "many"), "--workers: many .expected: a whole number from 1 to 4096."),
                                     (("--workers", "4097"), "--workers: 4097 .expected: a whole number from 1 to 4096."),
                                     (("--event-threads", "0"), "--event-threads: 0 .expected: a whole number from 1 to 256."),
                                     (("--eviction", "newest"), "--eviction"),
                                     (("--runs", "0"), "0 .expected: a whole number > 0.")):
            with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
                options(*arguments)
            self.assertRegex(errors.getvalue(), complaint)

    def test_a_trace_that_is_not_there_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "--trace: /nowhere .expected: a file."):
            index.require_trace(Path("/nowhere"))


class ReadmeTest(unittest.TestCase):
    def test_the_readme_names_every_benchmark(self) -> None:
        section = (REPOSITORY / "README.md").read_text().split("## Benchmarks")[1].split("\n## ")[0]
        self.assertEqual(list(BENCHMARKS), re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE))


class FiguresTest(unittest.TestCase):
    def test_the_last_line_has_exactly_these_keys(self) -> None:
        self.assertEqual(KEYS, list(figures(SHARED, 1, side(), side())))

    def test_every_value_is_flat(self) -> None:
        self.assertTrue(all(isinstance(value, (int, float)) for value in figures(SHARED, 1, side(), side()).values()))

    def test_figures_are_medians_and_their_ratios(self) -> None:
        row = figures(SHARED, 1, side(0.25, 0.2), side(1.0, 0.8))
        self.assertEqual((40.0, 10.0, 4.0), (row["apply_mblocks_s"], row["crtc_apply_mblocks_s"], row["apply_speedup"]))
        self.assertEqual((0.2, 0.25, 1.5), (row["lookup_p50_us"], row["lookup_p50_ratio"], row["busy_p99_ratio"]))
        self.assertEqual((39.0, 55.0, True), (row["bytes_per_block"], row["churn"], row["equal"]))

    def test_rates_count_blocks(self) -> None:
        run = one_run(0.25, 1, 1, 1)
        self.assertEqual((40.0, 30.0), (apply_mblocks_s(run), mixed_mops_s(run)))

    def test_a_spread_shows_its_ends(self) -> None:
        self.assertEqual("2.0 (1.0-9.0)", str(Spread.of([9.0, 1.0, 2.0])))

    def test_the_tables_can_be_printed(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            index_report.say_results([Result(SHARED, side(), side(1.0, 0.8))])
            index_report.say_miscounts([index_report.Miscount(SHARED, EXACT, {**EXACT, "over_pairs": 3, "over_blocks": 7})])
            index_report.say_probes(["0+ab", "0+a"], EXACT, {**EXACT, "wrong": [[3, 4, 2, 1]]})
        self.assertRegex(output.getvalue(), r"40\.0 \(20\.0-80\.0\)")
        self.assertRegex(output.getvalue(), r"0\+a +exact +worker 1: 1, exact 2")


class TargetsTest(unittest.TestCase):
    GOOD = {"apply_speedup": 2.5, "mixed_speedup": 1.8, "lookup_p50_ratio": 0.3, "lookup_p99_ratio": 0.3,
            "busy_p99_ratio": 2.0, "bytes_per_block": 40, "churn_bytes_per_block": 40}

    def test_what_reaches_them_misses_none(self) -> None:
        self.assertEqual([], misses(SHARED, 1, self.GOOD))

    def test_each_one_that_is_missed_is_told(self) -> None:
        for name, value in (("apply_speedup", 2.49), ("mixed_speedup", 1.79), ("lookup_p50_ratio", 0.31),
                            ("lookup_p99_ratio", 0.31), ("busy_p99_ratio", 2.1), ("bytes_per_block", 40.1),
                            ("churn_bytes_per_block", 40.1)):
            missed = misses(SHARED, 1, {**self.GOOD, name: value})
            self.assertEqual(1, len(missed), name)
            self.assertRegex(missed[0], f"^16 x 16,384 x1: {name} {value} .target: at (least|most) ")

    def test_private_hashes_have_targets_of_their_own(self) -> None:
        private = replace(SHARED, private_hashes=True)
        row = {**self.GOOD, "apply_speedup": 1.5, "bytes_per_block": 48, "churn_bytes_per_block": 48}
        self.assertEqual([], misses(private, 1, row))
        self.assertEqual(2, len(misses(private, 1, {**row, "apply_speedup": 1.4, "bytes_per_block": 49})))

    def test_many_workers_need_faster_lookups(self) -> None:
        self.assertEqual(2, len(misses(Setting(1024, 4096, 3), 1, self.GOOD)))

    def test_the_apply_target_is_for_one_event_thread(self) -> None:
        self.assertEqual([], misses(SHARED, 2, {**self.GOOD, "apply_speedup": 1.0}))


class WrongTest(unittest.TestCase):
    OTHER = {**EXACT, "matched": 901, "over_pairs": 1, "over_blocks": 1, "wrong": [[7, 1, 4, 5]]}

    def test_equal_and_exact_is_right(self) -> None:
        self.assertIsNone(wrong(SHARED, EXACT, EXACT))

    def test_kv_epp_must_be_exact_everywhere(self) -> None:
        self.assertRegex(wrong(replace(SHARED, holes=4), self.OTHER, EXACT) or "", r"kv-epp counts 1 .*\[\[7, 1, 4, 5\]\]")

    def test_crtc_must_agree_where_it_counts_exactly_and_only_there(self) -> None:
        self.assertIn("901", wrong(SHARED, EXACT, self.OTHER) or "")
        for setting in (replace(SHARED, private_hashes=True), replace(SHARED, holes=1), replace(SHARED, eviction="root-first")):
            self.assertIsNone(wrong(setting, EXACT, self.OTHER))

    def test_failures_decide_about_the_exit_status_when_there_are_any_to_tell(self) -> None:
        self.assertTrue(Outcome({"equal": False}).failed)
        self.assertFalse(Outcome({"equal": False}, failures=[]).failed)
        self.assertTrue(Outcome({"equal": True}, failures=["x"]).failed)


class CapacityTest(unittest.TestCase):
    ANSWER = {"owner_blocks": 100, "load_seconds": 1e-5, "load_apply": {"p50_us": 1, "p999_us": 2}, "bytes": 3300, "wrong": 0,
              "load_apply_slowest_us": 9, "load_apply_slowest_collected_us": 0, "load_apply_processor_us": 8,
              "after_removal": {"lookups": 300, "p999_us": 90}, "after_removal_slowest_us": 95, "after_removal_processor_us": 9,
              "after_removal_slowest_collected_us": 5000, "idle": {"p50_us": 1, "p99_us": 2, "p999_us": 3},
              "removal_ms": [4.0, 30.0, 5.0],
              "removal_lookup": {"lookups": 7, "p99_us": 5, "p999_us": 6}, "peak_resident_bytes": 3 << 30}

    def test_the_removal_is_the_median_one(self) -> None:
        row = index_capacity.figures(3, self.ANSWER)
        self.assertEqual((5.0, 30.0, 10.0, 33.0, 3.0), (row["removal_ms"], row["removal_slowest_ms"], row["load_mblocks_s"],
                                                        row["bytes_per_block"], row["peak_resident_gib"]))
        self.assertEqual([], index_capacity.misses(row))
        self.assertEqual(2, len(index_capacity.misses({**row, "removal_ms": 21, "peak_resident_gib": 12.1})))

    def test_a_slow_event_is_a_miss_unless_the_collector_was_at_work(self) -> None:
        for name in ("load_apply_slowest_us", "after_removal_slowest_us"):
            row = index_capacity.figures(3, {**self.ANSWER, name: 2001})
            self.assertEqual([f"{name} 2001 (target: at most 2000)"], index_capacity.misses(row))

    def test_blocks_out_of_range_are_refused(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
            _parser().parse_args(("index-capacity", "--blocks", "99999"))
        self.assertIn("99999 (expected: a whole number from 100000 to 409600000)", errors.getvalue())


class ResidentTest(unittest.TestCase):
    def resident(self, script: str, seconds: float = 30) -> Resident:
        resident = Resident("driver", (sys.executable, "-c", script), seconds)
        self.addCleanup(resident.close)
        return resident

    def test_every_command_has_its_answer(self) -> None:
        with self.resident("import sys, json\nfor line in sys.stdin: print(json.dumps({'said': line.strip()}), flush=True)") as it:
            self.assertEqual({"said": "run"}, it.ask("run"))
            self.assertEqual({"said": "memory"}, it.ask("memory"))

    def test_what_a_driver_says_before_it_dies_is_told(self) -> None:
        with self.assertRaisesRegex(DemoError, "(?s)driver: no answer to run, status 2.*no such workload"):
            self.resident("print('no such workload'); raise SystemExit(2)").ask("run")

    def test_so_is_it_when_it_was_dead_before_it_was_asked(self) -> None:
        resident = self.resident("print('no such workload'); raise SystemExit(2)")
        resident._process.wait()
        with self.assertRaisesRegex(DemoError, "(?s)status 2.*no such workload"):
            resident.ask("run")

    def test_a_driver_that_never_answers_is_ended(self) -> None:
        with self.assertRaisesRegex(DemoError, "driver: no answer to run, status -9, within 0 s"):
            self.resident("import sys; sys.stdin.read(); input()", 0.2).ask("run")

    def test_a_driver_that_cannot_be_started_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "driver: cannot start /nowhere"):
            Resident("driver", ("/nowhere",))


class LastLineTest(unittest.TestCase):
    def test_the_figures_survive_json(self) -> None:
        row = figures(SHARED, 1, side(), side())
        self.assertEqual(row, json.loads(json.dumps(row)))
