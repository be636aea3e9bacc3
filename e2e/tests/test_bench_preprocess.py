"""Tests of what `e2e/bench preprocess` does without the programs it measures."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib.bench import preprocess  # noqa: E402
from lib.bench.command import _parser  # noqa: E402
from lib.bench.preprocess_run import OURS, PEERS, TURNS, Measured, ModelRun  # noqa: E402
from lib.bench.preprocess_texts import BLOCK_CHARS, Windows  # noqa: E402
from lib.errors import DemoError  # noqa: E402

MS = 1_000_000


def measured() -> Measured:
    """Half as fast as fastokens on English, twice as fast on code."""
    def cell(ours: int) -> dict[str, list[list[int]]]:
        return {OURS: [[ours * MS]], **{peer: [[2 * MS]] for peer in PEERS}}
    turns = {OURS: [[(turn + 1) * MS for turn in range(TURNS)]], "hf+cache": [[90 * MS] * TURNS],
             "fastokens+cache": [[60 * MS] * TURNS]}
    chats = {"cold": [MS], "warm": [MS // 10], "garbage": [50, 300], "limit": [100, 400]}
    threads = {OURS: {1: 10.0, 2: 20.0}}
    return Measured(True, {("en", "1k"): cell(4), ("code", "1k"): cell(1)}, turns, chats, 30_000_000, threads, 0.97)


class FiguresTest(unittest.TestCase):
    def setUp(self) -> None:
        self.figures = measured().figures()

    def test_a_speedup_is_that_of_the_worst_cell(self) -> None:
        self.assertEqual(0.5, self.figures["fastokens_speedup"])

    def test_turn_20_is_compared_with_the_best_cached_peer(self) -> None:
        self.assertEqual("fastokens+cache", self.figures["best_cached_peer"])

    def test_garbage_is_that_of_the_chat_closest_to_its_limit(self) -> None:
        self.assertEqual((300, 400), (self.figures["garbage_bytes"], self.figures["garbage_limit_bytes"]))

    def test_the_hit_rate_and_both_throughputs_are_among_them(self) -> None:
        self.assertEqual((0.97, 10.0, 20.0), tuple(
            self.figures[key] for key in ("word_cache_hit_rate", "mtok_s_1_threads", "mtok_s_2_threads")))

    def test_every_missed_target_is_named(self) -> None:
        figures = {**self.figures, "baseten_speedup": 2, "hf_speedup": 2, "turn20_speedup": 3, "turn5_ms": 20}
        missed = preprocess._missed("qwen2.5", figures)
        self.assertEqual(["fastokens_speedup", "baseten_speedup", "hf_speedup", "chat32k_cold_ms", "chat32k_warm_ms"],
                         [text.split(":")[0] for text in missed])

    def test_a_conversation_that_gets_slower_turn_by_turn_is_missed(self) -> None:
        for turn20, missed in ((30.0, False), (30.1, True)):
            figures = {**self.figures, "turn5_ms": 20.0, "turn20_ms": turn20}
            found = [text for text in preprocess._missed("qwen2.5", figures) if text.startswith("turn20_ms")]
            self.assertEqual([f"turn20_ms: {turn20} (expected: at most 30.0)"] if missed else [], found)

    def test_the_fifth_turn_is_among_the_figures(self) -> None:
        self.assertEqual((5.0, 20.0), (self.figures["turn5_ms"], self.figures["turn20_ms"]))


class WindowsTest(unittest.TestCase):
    def test_no_character_is_dealt_twice(self) -> None:
        windows = Windows("text", "".join(map(chr, range(0x10000, 0x10000 + 4 * BLOCK_CHARS))), 1)
        taken = [windows.take(size) for size in (BLOCK_CHARS // 2, 1 << 10, BLOCK_CHARS // 2, 1 << 10, BLOCK_CHARS)]
        self.assertEqual(sum(map(len, taken)), len(set("".join(taken))))

    def test_too_short_a_text_is_refused(self) -> None:
        windows = Windows("own", "a" * BLOCK_CHARS, 1)
        windows.take(BLOCK_CHARS)
        with self.assertRaisesRegex(DemoError, "corpus: own: 131072 characters are too few .expected: "):
            windows.take(1)


class OptionsTest(unittest.TestCase):
    def test_a_corpus_that_cannot_be_read_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "--corpus: /nowhere/text: .*expected: a readable text file"):
            preprocess.run(None, _parser().parse_args(("preprocess", "--corpus", "/nowhere/text")))

    def test_a_corpus_and_a_model_are_measured_instead(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            options = _parser().parse_args(("preprocess", "--corpus", f"{folder}/text", "--model", folder))
            Path(folder, "text").write_bytes(b"own \xff")
            self.assertEqual({"own": "own \ufffd"}, preprocess.corpus(options))
            self.assertEqual({"own": Path(folder)}, preprocess.models(options))

    def test_a_conversation_has_the_marks_of_the_model(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for content, begin in (("<|im_end|>", "<|im_start|>user\n"), ("<|eot_id|>", "<|start_header_id|>user"),
                                   ("</s>", "user: ")):
                Path(folder, "tokenizer.json").write_text(json.dumps({"added_tokens": [{"content": content}]}))
                run = ModelRun(FakeBench(), Path("peer"), Path(folder), {"own": "ab" * BLOCK_CHARS}, 1, 1, Path(folder))
                prompts = run._conversation(Windows("own", "ab" * BLOCK_CHARS, 1))
                self.assertEqual(TURNS, len(prompts))
                self.assertTrue(all(prompt.startswith(begin) for prompt in prompts))
                self.assertTrue(all(longer.startswith(prompt) for prompt, longer in zip(prompts, prompts[1:])))


class FakeBench:
    def java_command(self, *_: object) -> tuple[str, ...]:
        return ("java",)


if __name__ == "__main__":
    unittest.main()
