"""The small pieces: tap log, worker logs, discovery, templates, model, ports, processes, cache folder."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lib import build, discovery, envoy_config, install, small_model
from lib.commands import Command, run_command
from lib.errors import DemoError
from lib.ports import free_ports
from lib.processes import Child, Children
from lib.tap import StoredBlocks, TapLog
from lib.waiting import DeadlineExceeded, wait_until
from lib.words import WORDS
from lib.worker_logs import WorkerLogs

REQUEST = "065edf7c-f27c-4668-bb9e-6cef235550b2"


def event(event_id: int, kind: str = "stored", blocks: int = 2, depth: int = 0) -> str:
    return json.dumps({"worker": "9", "rank": 0, "eventId": event_id, "kind": kind, "blocks": blocks, "depth": depth})


class FolderTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class TapLogTest(unittest.TestCase):
    def test_stored_blocks_count_from_the_mark(self) -> None:
        log = TapLog()
        log.add(event(1))
        mark = log.mark()
        log.add(event(2, depth=2, blocks=3))
        log.add(event(3, kind="removed"))
        self.assertEqual([StoredBlocks("9", 0, 2, 3)], log.stored_since(mark))
        self.assertEqual({("9", 0): 3}, log.last_event_ids())

    def test_a_lost_event_is_an_error(self) -> None:
        for line in ('{"lost":"event 5 follows 3"}', event(1, depth=-1)):
            log = TapLog()
            log.add(line)
            with self.assertRaisesRegex(DemoError, "lost events"):
                log.stored_since(0)

    def test_blocks_below_a_limit(self) -> None:
        run = StoredBlocks("9", 0, 4, 3)
        self.assertEqual([0, 0, 1, 3, 3], [run.below(n) for n in (0, 4, 5, 7, 100)])


class WorkerLogsTest(FolderTest):
    def test_a_line_counts_once_it_is_complete(self) -> None:
        log = self.folder / "worker.log"
        line = f"INFO push_handler: request received request_id={REQUEST} otel\n"
        log.write_text("start\n" + line[:60])
        logs = WorkerLogs([("9", log)])
        self.assertEqual(set(), logs.served_by(f"chatcmpl-{REQUEST}"))
        log.write_text("start\n" + line)
        self.assertEqual({"9"}, logs.served_by(f"chatcmpl-{REQUEST}"))


class DiscoveryTest(FolderTest):
    def test_workers_are_found_by_the_port_of_their_generate_endpoint(self) -> None:
        instances = self.folder / "v1" / "instances"
        instances.mkdir(parents=True)
        (instances / "a").write_text('{"endpoint":"generate","instance_id":17417225050948890854,'
                                     '"transport":{"tcp":"127.0.0.1:39015/f1/dynamo/backend/generate"}}')
        (instances / "b").write_text('{"endpoint":"worker_kv_query_source_1","instance_id":5,"transport":{"tcp":"127.0.0.1:39015/f1/x"}}')
        (instances / "half").write_text('{"endpoint":')
        self.assertEqual({39015: "17417225050948890854"}, discovery.worker_ids_by_port(self.folder))


class EnvoyConfigTest(unittest.TestCase):
    def test_both_templates_render_without_leftovers(self) -> None:
        values = {"LISTEN_PORT": 1, "ADMIN_PORT": 2, "EPP_PORT": 3, "ACCESS_LOG": '"/x"',
                  "WORKER_ENDPOINTS": json.dumps(envoy_config.endpoints(["127.0.0.1:4"]))}
        for template in (envoy_config.DIRECT, envoy_config.PLAIN):
            self.assertNotIn("${", envoy_config.render(template.read_text(), values))

    def test_a_missing_value_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "EPP_PORT"):
            envoy_config.render("${EPP_PORT}", {})

    def test_the_templates_differ_in_the_picker_only(self) -> None:
        direct, plain = (t.read_text().splitlines() for t in (envoy_config.DIRECT, envoy_config.PLAIN))
        self.assertEqual([], [line for line in plain if line not in direct and not line.startswith("#")])


class SmallModelTest(FolderTest):
    def test_every_word_is_one_token_and_the_mockers_ids_decode(self) -> None:
        small_model.write(self.folder)
        vocabulary = json.loads((self.folder / "tokenizer.json").read_text())["model"]["vocab"]
        space = small_model.byte_alphabet()[32]
        self.assertEqual([], [w for w in WORDS if space + w not in vocabulary])
        self.assertEqual(list(range(small_model.VOCABULARY_SIZE)), sorted(vocabulary.values()))

    def test_it_is_the_same_every_time(self) -> None:
        names = ("tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json")
        small_model.write(self.folder)
        first = [(self.folder / n).read_bytes() for n in names]
        small_model.write(self.folder)
        self.assertEqual(first, [(self.folder / n).read_bytes() for n in names])


class InstallTest(FolderTest):
    def test_the_cache_folder_follows_the_environment(self) -> None:
        for variables, expected in (
            ({"KV_EPP_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
            ({"XDG_CACHE_HOME": "/b"}, "/b/kv-epp"),
            ({"HOME": "/home/x"}, "/home/x/.cache/kv-epp"),
        ):
            with mock.patch.dict(os.environ, variables, clear=True):
                self.assertEqual(Path(expected), install.cache_folder())

    def test_a_failed_command_shows_its_last_lines_and_advice(self) -> None:
        command = Command("it", (sys.executable, "-c", "print('the reason'); raise SystemExit(3)"), "do this")
        with self.assertRaisesRegex(DemoError, r"(?s)it failed with status 3.*the reason.*do this"):
            run_command(command)


class BuildTest(FolderTest):
    def test_a_missing_or_older_binary_needs_a_build(self) -> None:
        binary, source = self.folder / "binary", self.folder / "source"
        source.touch()
        self.assertTrue(build.needs_build(binary, iter([source])))
        binary.touch()
        os.utime(source, (1, 1))
        self.assertFalse(build.needs_build(binary, iter([source])))
        os.utime(binary, (0, 0))
        self.assertTrue(build.needs_build(binary, iter([source])))


    def test_complaints_about_sources_come_first(self) -> None:
        output = "[INFO] x\n[WARNING] /a/B.java:[1,2] bad\n[ERROR] COMPILATION ERROR\n"
        self.assertEqual("    [WARNING] /a/B.java:[1,2] bad", build.compiler_lines(output))
        self.assertEqual("    [ERROR] no network", build.compiler_lines("[WARNING] y\n[ERROR] no network\n"))


class ProcessesTest(FolderTest):
    def child(self, code: str) -> Child:
        return Child("it", [sys.executable, "-c", code], self.folder / "it.log", os.environ)

    def test_a_child_that_ignores_sigterm_is_killed(self) -> None:
        children = Children()
        child = children.add(self.child("import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"))
        self.addCleanup(children.close)
        wait_until("the child is up", lambda: (self.folder / "it.log").read_text(), 10)
        with mock.patch("lib.processes.TERMINATE_SECONDS", 0.1):
            children.close()
        self.assertEqual(-signal.SIGKILL, child.popen.returncode)

    def test_a_child_that_ended_is_reported_with_its_log(self) -> None:
        children = Children()
        child = children.add(self.child("print('the reason'); raise SystemExit(4)"))
        self.addCleanup(children.close)
        child.popen.wait(10)
        with self.assertRaisesRegex(DemoError, r"(?s)status 4.*the reason"):
            children.require_all_alive()

    def test_a_program_that_does_not_exist_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, "cannot start /nowhere"):
            Child("it", ["/nowhere"], self.folder / "log", {})


class PortsAndWaitingTest(unittest.TestCase):
    def test_ports_are_different(self) -> None:
        self.assertEqual(20, len(set(free_ports(20))))

    def test_a_deadline_names_the_condition(self) -> None:
        with self.assertRaisesRegex(DeadlineExceeded, "the moon: not within 0 s"):
            wait_until("the moon", lambda: None, 0)
