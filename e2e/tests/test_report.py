"""The table, the totals and the verdict."""

from __future__ import annotations

import unittest
from dataclasses import replace

from lib import report
from lib.conversations import Turn
from lib.judge import Evidence
from lib.client import Answer
from lib.replay import Played, in_step
from tests.test_judge import ANSWER, EVIDENCE, PICK

NAMES = {"1": "P1", "2": "P2", "7": "D1"}
PLAYED = Played(3, Turn(0, 1, (0, 1), ()), "r", replace(ANSWER, ttft_ms=12.34), EVIDENCE, PICK, ())
FAILED = Played(4, PLAYED.turn, "s", Answer(status=503, error="no worker"), Evidence(Answer(), frozenset(), frozenset(), None), None, ())
GOOD = report.Half(10, 10, 1000, 500, 0.5, 10.0)
WORSE = report.Half(10, 10, 1000, 100, 0.1, 20.0)


class ReportTest(unittest.TestCase):
    def test_a_row_shows_names_expectation_and_delivery(self) -> None:
        self.assertEqual(["3", "1.2", "100", "64", "64", "P1", "D1", "200", "12.3", "longest", "prefix"],
                         report.row(PLAYED, NAMES).split())

    def test_a_mismatch_has_a_line_of_its_own(self) -> None:
        self.assertIn("\n        ^ mismatch: wrong", report.row(replace(PLAYED, problems=("wrong",)), NAMES))

    def test_a_failed_request_shows_its_error(self) -> None:
        self.assertIn("^ failed: no worker", report.row(FAILED, NAMES))

    def test_failed_requests_do_not_count_in_rates(self) -> None:
        half = report.half_of([PLAYED, FAILED])
        self.assertEqual((2, 1, 0.64, 12.34), (half.requests, half.ok, half.hit_rate, half.ttft_mean_ms))

    def test_an_empty_half_has_no_rates(self) -> None:
        self.assertEqual(report.Half(0, 0, 0, 0, 0.0, 0.0), report.half_of([]))

    def test_the_verdict_passes_only_when_everything_holds(self) -> None:
        self.assertEqual([], report.verdict(GOOD, WORSE, 0, 0))
        for wrong in (
            report.verdict(replace(GOOD, ok=9), WORSE, 0, 0),
            report.verdict(GOOD, replace(WORSE, ok=9), 0, 0),
            report.verdict(GOOD, WORSE, 1, 0),
            report.verdict(GOOD, replace(WORSE, hit_rate=0.5), 0, 0),
            report.verdict(GOOD, WORSE, 0, 2),
            report.verdict(GOOD, WORSE, 0, None),
        ):
            self.assertEqual(1, len(wrong), wrong)

    def test_kv_epp_is_in_step_when_it_applied_what_the_tap_saw(self) -> None:
        workers = {"bookings": 0, "workers": [{"workerId": "1", "dpRank": 0, "lastEventId": 5}]}
        self.assertTrue(in_step(workers, {("1", 0): 5}))
        self.assertFalse(in_step(workers, {("1", 0): 6}))
        self.assertFalse(in_step({**workers, "bookings": 1}, {("1", 0): 5}))
        self.assertFalse(in_step({}, {}))
