"""The oracle's own logic: folders, requests, decoding, golden files, the frontend's log."""

from __future__ import annotations

import io
import json
import tempfile
import unittest
from contextlib import redirect_stdout
from datetime import datetime, timezone
from pathlib import Path

from lib import small_model
from lib.errors import DemoError
from lib.oracle import command, folders, golden
from lib.oracle.decoding import Decoder
from lib.oracle.folders import ModelFolder, Request
from lib.oracle.frontend import completed, failed_models, merged

SPECIAL = {"content": "<|new|>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}


class FolderTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name)
        self.shared = self.path / "shared.tsv"
        self.shared.write_text('# all\nplain\t{"messages":[]}\n')
        self.model = self.path / "model"
        self.model.mkdir()
        (self.model / "tokenizer_config.json").write_text("{}")


class ModelFolderTest(FolderTest):
    def test_a_folder_is_asked_the_shared_requests_then_its_own(self) -> None:
        (self.model / "requests.tsv").write_text('own\t{"n":1.10}\n')
        (self.model / "oracle.json").write_text('{"card":{"a":1},"dates":["%Y"]}')
        model, = folders.read([self.model], self.shared)
        self.assertEqual("model", model.name)
        self.assertEqual((Request("plain", '{"messages":[]}'), Request("own", '{"n":1.10}')), model.requests)
        self.assertEqual({"a": 1}, model.card)
        self.assertEqual(("%Y",), model.dates)

    def test_what_cannot_be_read_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, r"nowhere \(expected: a folder with a tokenizer_config.json\)"):
            folders.read([self.path / "nowhere"], self.shared)
        with self.assertRaisesRegex(DemoError, "model folder: model twice"):
            folders.read([self.model, self.model], self.shared)
        for text, expected in (('plain\t{"a":1}\n', "request plain twice"), ("name {}\n", r"requests.tsv:1: 'name \{\}'"),
                               ("name\t{}\n", "a JSON object with a key")):
            (self.model / "requests.tsv").write_text(text)
            with self.assertRaisesRegex(DemoError, expected):
                folders.read([self.model], self.shared)
        (self.model / "requests.tsv").unlink()
        (self.model / "oracle.json").write_text('{"cards":{}}')
        with self.assertRaisesRegex(DemoError, r"oracle.json: cards \(expected: only card, dates\)"):
            folders.read([self.model], self.shared)

    def test_the_served_directory_has_the_shared_tokenizer_unless_the_folder_has_its_own(self) -> None:
        model, = folders.read([self.model], self.shared)
        folders.build(model, self.path / "a")
        self.assertEqual((folders.ROOT / "tokenizer.json").read_bytes(), (self.path / "a" / "tokenizer.json").read_bytes())
        (self.model / "tokenizer.json").write_text("{}")
        folders.build(model, self.path / "b")
        self.assertEqual("{}", (self.path / "b" / "tokenizer.json").read_text())
        self.assertEqual({"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"},
                         {file.name for file in (self.path / "b").iterdir()})


class CommittedFoldersTest(unittest.TestCase):
    def test_each_has_at_least_five_requests_and_an_answer_to_each(self) -> None:
        models = folders.read(folders.committed())
        self.assertGreaterEqual(len(models), 60)
        for model in models:
            self.assertGreaterEqual(len(model.requests), 5)
            self.assertEqual([request.name for request in model.requests], [line["name"] for line in golden.read(model.path)])

    def test_the_shared_tokenizer_is_the_generated_one(self) -> None:
        self.assertEqual(small_model.tokenizer(), json.loads((folders.ROOT / "tokenizer.json").read_text(encoding="utf-8")))


class DecoderTest(FolderTest):
    def test_ids_become_the_text_they_were_made_of(self) -> None:
        small_model.write(self.model)
        special = {"9": {**SPECIAL, "special": True}, "10": {**SPECIAL, "content": "<|im_end|>", "special": True},
                   "11": {**SPECIAL, "content": "plain", "special": False}}
        (self.model / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": special}))
        decoder = Decoder(self.model)
        ids = [small_model.tokenizer()["model"]["vocab"][symbol] for symbol in ("Ã", "©")]  # type: ignore[index]
        self.assertEqual("é<|im_end|><|new|>", decoder.text([*ids, 2050, 2051]))
        with self.assertRaisesRegex(DemoError, "token id: 2052"):
            decoder.text([2052])
        with self.assertRaisesRegex(DemoError, "no UTF-8 text at byte 0"):
            decoder.text(ids[:1])


class GoldenTest(FolderTest):
    ANSWER = golden.answered("a", "on 09 Feb", (1, 2))

    def test_what_is_written_is_read(self) -> None:
        lines = [self.ANSWER, golden.refused("b", 400, "é")]
        golden.write(self.path, lines)
        self.assertEqual(lines, golden.read(self.path))
        self.assertEqual(2, len((self.path / golden.FILE).read_text(encoding="utf-8").splitlines()))

    def test_a_missing_or_broken_file_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "run e2e/oracle/record"):
            golden.read(self.path)
        (self.path / golden.FILE).write_text("{")
        with self.assertRaisesRegex(DemoError, "golden.jsonl: "):
            golden.read(self.path)

    def test_a_date_becomes_its_format_and_ids_that_change_daily_are_left_out(self) -> None:
        day = datetime(2031, 2, 9, tzinfo=timezone.utc)
        self.assertEqual({"name": "a", "text": "on {%d %b}"}, golden.undated(self.ANSWER, ["%d %b"], day))
        self.assertEqual(self.ANSWER, golden.undated(self.ANSWER, [], day))
        refused = golden.refused("b", 400, "09 Feb")
        self.assertEqual(refused, golden.undated(refused, ["%d %b"], day))

    def test_other_ids_with_the_cache_are_kept_and_another_outcome_is_an_error(self) -> None:
        self.assertEqual([self.ANSWER], golden.with_cached("m", [self.ANSWER], [self.ANSWER]))
        other = golden.answered("a", "on 09 Feb", (3,))
        self.assertEqual([{**self.ANSWER, "cachedIds": [3]}], golden.with_cached("m", [self.ANSWER], [other]))
        with self.assertRaisesRegex(DemoError, "m: a: status: None is now 404"):
            golden.with_cached("m", [self.ANSWER], [golden.refused("a", 404, "x")])
        other = golden.answered("a", "on 9 Feb", (3,))
        self.assertEqual([{**self.ANSWER, "cachedText": "on 9 Feb", "cachedIds": [3]}], golden.with_cached("m", [self.ANSWER], [other]))

    def test_every_difference_is_named(self) -> None:
        expected = [golden.answered("text", "abcd", (1,)), golden.answered("ids", "x", (1,)), golden.refused("gone", 400, "m"),
                    golden.refused("status", 400, "m"), golden.refused("message", 400, "m")]
        actual = [golden.answered("text", "abXd", (1,)), golden.answered("ids", "x", (2,)), golden.refused("new", 400, "m"),
                  golden.refused("status", 500, "m"), golden.refused("message", 400, "n")]
        self.assertEqual(["new: not in the golden file", "text: text: from character 2 on, 'cd' is now 'Xd'",
                          "ids: the same text, other ids: from token 0 on, [1] is now [2]", "gone: in the golden file, but not among the requests",
                          "status: status: 400 is now 500", "message: message: from character 0 on, 'm' is now 'n'"],
                         golden.differences(expected, actual))
        self.assertEqual([], golden.differences(expected, expected))

    def test_the_exit_status_tells_of_differences(self) -> None:
        model = ModelFolder(self.path, (Request("a", "{}"),), {}, ())
        golden.write(self.path, [self.ANSWER])
        for lines, status, shown in (([self.ANSWER], 0, "0 differ"), ([golden.refused("a", 400, "m")], 1, "a: status: None is now 400")):
            out = io.StringIO()
            with redirect_stdout(out):
                self.assertEqual(status, command.compare([model], {model.name: lines}))
            self.assertIn(shown, out.getvalue())


class FrontendTest(unittest.TestCase):
    def test_a_body_keeps_its_bytes_behind_what_all_have_in_common(self) -> None:
        body = completed('{"messages":[ 1.10 ]}', "m")
        self.assertTrue(body.endswith(',"messages":[ 1.10 ]}'))
        self.assertEqual({"model": "m", "max_tokens": 4, "nvext": {"annotations": ["query_instance_id:"]}, "messages": [1.1]},
                         json.loads(body))

    def test_the_log_names_models_that_cannot_be_served_but_not_those_that_are_tried_again(self) -> None:
        line = 'WARN controller: Model materialization failed; scheduling retry group=["{}","[x]"] attempt=1 error="{}"'
        log = "\n".join((line.format("a", "syntax error"), line.format("b", "Too many open files (os error 24)"), "INFO c"))
        self.assertEqual({"a"}, failed_models(log))

    def test_a_card_is_completed_key_by_key(self) -> None:
        card = {"runtime_config": {"a": 1, "b": {"c": 2}}, "d": [1]}
        self.assertEqual({"runtime_config": {"a": 1, "b": {"c": 3}, "e": 4}, "d": [2], "f": {"g": 1}},
                         merged(card, {"runtime_config": {"b": {"c": 3}, "e": 4}, "d": [2], "f": {"g": 1}}))
        self.assertEqual(2, card["runtime_config"]["b"]["c"])  # type: ignore[index,call-overload]


if __name__ == "__main__":
    unittest.main()
