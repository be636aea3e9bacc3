"""Conversations keep the prefix sharing of the trace."""

from __future__ import annotations

import unittest

from lib import conversations
from lib.conversations import Row, Scale
from lib.errors import DemoError
from lib.model_files import CONTEXT_TOKENS

SCALE = Scale(tokens_per_block=8, context_tokens=CONTEXT_TOKENS)


def texts(turn: conversations.Turn) -> list[str]:
    return [m["role"] + ":" + m["content"] for m in turn.messages]


class ConversationsTest(unittest.TestCase):
    def test_rows_that_share_their_first_id_are_a_conversation(self) -> None:
        rows = [Row(0, (1, 2)), Row(1, (5, 6)), Row(2, (1, 9)), Row(3, ())]
        self.assertEqual([[rows[0], rows[2]]], conversations.conversations(rows, SCALE))

    def test_rows_that_do_not_fit_the_context_are_left_out(self) -> None:
        long = Row(1, (0, 1, *range(100, 100 + CONTEXT_TOKENS // 8)))
        self.assertEqual([], conversations.conversations([Row(0, (0, 1, 2)), long], SCALE))

    def test_turns_end_where_another_row_leaves(self) -> None:
        self.assertEqual([2, 4, 5], conversations.branch_points((0, 1, 2, 3, 4), [(0, 1, 2, 3), (0, 1, 7), (0, 1, 2, 3, 4)]))

    def test_a_shared_prefix_of_ids_is_a_shared_prefix_of_messages(self) -> None:
        group = [Row(0, (0, 1, 2)), Row(1, (0, 1, 2, 3, 4)), Row(2, (0, 1, 2, 3, 5)), Row(3, (0, 1, 8))]
        first, second, third, other = (texts(t) for t in conversations.sample([group], 4, 0, SCALE))
        self.assertEqual(first, second[:len(first)])
        self.assertEqual(second[:-2], third[:-2])
        self.assertNotEqual(second[-2:], third[-2:])
        self.assertEqual(first[:2], other[:2])

    def test_messages_alternate_and_end_with_the_user(self) -> None:
        roles = [m["role"] for m in conversations.messages([(0, 1), (2,), (3, 4)], 8)]
        self.assertEqual(["system", "user", "assistant", "user", "assistant", "user"], roles)

    def test_an_id_always_becomes_the_same_number_of_words(self) -> None:
        words = sum(len(m["content"].split()) for m in conversations.messages([(0, 1), (2, 3)], 8)[1:])
        self.assertEqual(4 * 8, words)

    def test_the_sample_is_in_trace_order_and_has_the_size_asked_for(self) -> None:
        groups = [[Row(10 * g + t, (0, g, *range(1000 * g, 1000 * g + t))) for t in (1, 5)] for g in range(1, 9)]
        turns = conversations.sample(groups, 7, 3, SCALE)
        self.assertEqual(7, len(turns))
        self.assertEqual(turns, conversations.sample(groups, 7, 3, SCALE))
        self.assertNotEqual(turns, conversations.sample(groups, 7, 4, SCALE))

    def test_more_requests_than_the_trace_has_are_refused(self) -> None:
        with self.assertRaisesRegex(DemoError, "--requests: 5 .expected: 2 to 2."):
            conversations.sample([[Row(0, (0, 1)), Row(1, (0, 1))]], 5, 0, SCALE)

    def test_reuse_counts_ids_seen_before(self) -> None:
        turns = conversations.sample([[Row(0, (0, 1, 2)), Row(1, (0, 1, 3))]], 2, 0, SCALE)
        self.assertAlmostEqual(2 / 6, conversations.reusable_share(turns))
        self.assertEqual(4 * 8 // 16, conversations.working_set_blocks(turns, SCALE, 16))

    def test_the_committed_trace_has_enough_conversations(self) -> None:
        rows = conversations.load()
        self.assertEqual(12031, len(rows))
        groups = conversations.conversations(rows, Scale(128, CONTEXT_TOKENS))
        self.assertGreater(sum(map(len, groups)), 4700)
