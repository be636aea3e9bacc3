"""Every way in which a pick can be wrong is found, and a right one is not."""

from __future__ import annotations

import unittest
from dataclasses import replace

from lib import judge, kv_epp
from lib.client import Answer
from lib.tap import StoredBlocks

PICK = kv_epp.parse_pick({
    "requestId": "r", "model": "m", "promptTokens": 100, "blockSize": 16, "mode": "disaggregated", "why": "longest prefix",
    "decode": {"workerId": "7", "dpRank": 0, "overlapBlocks": 0, "cost": 1.0},
    "prefill": {"workerId": "1", "dpRank": 0, "overlapBlocks": 4, "cost": 2.5},
    "candidates": [
        {"workerId": "1", "dpRank": 0, "role": "PREFILL", "overlapBlocks": 4, "cost": 2.5},
        {"workerId": "2", "dpRank": 0, "role": "PREFILL", "overlapBlocks": 1, "cost": 5},
        {"workerId": "7", "dpRank": 0, "role": "DECODE", "overlapBlocks": 0, "cost": 1},
    ],
})
ANSWER = Answer(status=200, response_id="chatcmpl-x", prompt_tokens=100, decode_worker="7", prefill_worker="1", done=True)
EVIDENCE = judge.Evidence(ANSWER, frozenset({"1", "7"}), frozenset({"1"}), 64)


def problems(pick: kv_epp.Pick | None = PICK, evidence: judge.Evidence = EVIDENCE, mode: str = "disaggregated",
             candidates: int = 2) -> str:
    return "; ".join(judge.problems(pick, evidence, mode, candidates))


class JudgeTest(unittest.TestCase):
    def test_a_right_pick_has_no_problem(self) -> None:
        self.assertEqual("", problems())

    def test_equally_long_prefixes_are_equally_right(self) -> None:
        tie = replace(PICK.candidates[1], overlap_blocks=4)
        self.assertEqual("", problems(replace(PICK, candidates=(PICK.candidates[0], tie))))

    def test_a_missing_explanation_is_a_problem(self) -> None:
        self.assertIn("does not explain", problems(None))

    def test_another_mode_is_a_problem(self) -> None:
        self.assertIn("mode: load-only", problems(replace(PICK, mode="load-only")))

    def test_a_longer_prefix_elsewhere_is_a_problem(self) -> None:
        longer = replace(PICK.candidates[1], overlap_blocks=5)
        self.assertIn("but 2 has 5", problems(replace(PICK, candidates=(PICK.candidates[0], longer))))

    def test_a_candidate_that_was_not_considered_is_a_problem(self) -> None:
        self.assertIn("candidates: 2 (expected: 3)", problems(candidates=3))

    def test_other_prompt_tokens_are_a_problem(self) -> None:
        self.assertIn("kv-epp 99, frontend 100", problems(replace(PICK, prompt_tokens=99)))

    def test_fewer_tokens_delivered_than_expected_are_a_problem(self) -> None:
        self.assertIn("expected 64, delivered 48", problems(evidence=replace(EVIDENCE, delivered=48)))

    def test_another_worker_named_by_the_answer_is_a_problem(self) -> None:
        self.assertIn("the answer names", problems(evidence=replace(EVIDENCE, answer=replace(ANSWER, prefill_worker="2"))))

    def test_another_worker_in_the_logs_is_a_problem(self) -> None:
        self.assertIn("according to the workers' logs", problems(evidence=replace(EVIDENCE, served_by=frozenset({"7"}))))

    def test_blocks_stored_elsewhere_are_a_problem(self) -> None:
        self.assertIn("blocks stored by 2", problems(evidence=replace(EVIDENCE, stored_by=frozenset({"2"}))))

    def test_at_least_one_token_is_always_computed(self) -> None:
        self.assertEqual([0, 0, 0, 16, 304, 320],
                         [judge.cacheable_tokens(n, 16) for n in (0, 1, 16, 17, 320, 321)])

    def test_a_fully_cached_prompt_is_expected_with_the_engines_cap(self) -> None:
        full = replace(PICK, prompt_tokens=64)
        self.assertEqual(48, judge.expected_tokens(full))

    def test_only_blocks_of_the_prompt_count_as_stored_anew(self) -> None:
        stored = [StoredBlocks("1", 0, 4, 2), StoredBlocks("1", 0, 6, 3)]
        self.assertEqual(64, judge.delivered_from_events(stored, 100, 16))
        self.assertEqual(80, judge.delivered_from_events([], 96, 16))

    def test_bookings_are_read_from_the_exposition(self) -> None:
        text = "# TYPE kv_epp_bookings_active gauge\nkv_epp_bookings_active{model=\"a\"} 2.0\nkv_epp_bookings_active{model=\"b\"} 1.0\n"
        self.assertEqual(3, kv_epp.parse_gauge(text, "kv_epp_bookings_active"))
        self.assertIsNone(kv_epp.parse_gauge("kv_epp_bookings_active_total 1\n", "kv_epp_bookings_active"))

    def test_ranks_without_events_have_no_last_event(self) -> None:
        workers = {"workers": [{"workerId": "1", "dpRank": 0, "lastEventId": 5}, {"workerId": "7", "dpRank": 0, "lastEventId": None}]}
        self.assertEqual({("1", 0): 5}, kv_epp.last_event_ids(workers))
