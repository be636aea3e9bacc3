"""The pure parts of `e2e/gateway`: manifests, pods, workers, routing's judge, the suite's results, names of the network."""

from __future__ import annotations

import json
import socket
import struct
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

from lib.errors import DemoError
from lib.gateway import grpc_health, images, istio, manifests, network, proxy_main, routing, suite, traffic, workers
from lib.gateway.gateway_command import require_rights_and_tools
from lib.gateway.images import Image
from lib.gateway.kube_api import api_root
from lib.gateway.pods import expand, named_port
from lib.gateway.scenarios import MANIFESTS, is_passed, version
from lib.gateway.traffic import Answer
from lib.gateway.workers import Worker

D1 = Worker("1", "decode", "10.245.1.1:8000")
D2 = Worker("2", "decode", "10.245.1.2:8000")
P1 = Worker("18446744073709551615", "prefill", "10.245.1.3:8000")


def pod(name: str, ready: bool, address: str = "10.245.1.1", kind: str = "decode") -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {workers.TYPE_LABEL: kind}},
            "status": {"podIP": address, "conditions": [{"type": "PodScheduled", "status": "True"},
                                                        {"type": "Ready", "status": "True" if ready else "False"}]}}


def record(name: str, **endpoints: int) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"data": {"endpoints": {
        f"dynamo/backend/{endpoint}/x": {"endpoint": endpoint, "instance_id": number}
        for endpoint, number in endpoints.items()}}}}


def answer(chat_id: str, decode: str, prefill: str = "") -> Answer:
    return Answer(chat_id, 200, decode, prefill, "")


class ManifestsTest(unittest.TestCase):
    def test_identity_in_block_and_flow_style(self) -> None:
        text = ("# comment\napiVersion: v1\nkind: A\nmetadata:\n  labels: {name: wrong, namespace: wrong}\n"
                "  annotations:\n    name: wrong\n  name: a\nspec: {name: wrong}\n"
                "---\n# nothing\n---\napiVersion: g/v1\nkind: B\nmetadata: {labels: {name: wrong}, name: \"b\", namespace: n}\n")

        self.assertEqual([(m.api_version, m.kind, m.name, m.namespace) for m in manifests.parse(text, "t")],
                         [("v1", "A", "a", ""), ("g/v1", "B", "b", "n")])

    def test_an_object_without_identity_is_named(self) -> None:
        with self.assertRaisesRegex(DemoError, r"^f, document 2: metadata\.name is missing \(expected: a Kubernetes object\)$"):
            manifests.parse("apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: v1\nkind: B\n", "f")

    def test_every_manifest_of_the_product_can_be_read(self) -> None:
        kinds = {m.kind for file in MANIFESTS.rglob("*.yaml") for m in manifests.read(file)}

        self.assertLessEqual({"InferencePool", "Deployment", "Gateway", "HTTPRoute", "DestinationRule", "Role"}, kinds)

    def test_the_core_group_has_a_root_of_its_own(self) -> None:
        self.assertEqual(api_root("v1"), "/api/v1")
        self.assertEqual(api_root("apps/v1"), "/apis/apps/v1")


class PodsTest(unittest.TestCase):
    def test_only_variables_that_exist_are_replaced(self) -> None:
        self.assertEqual(expand("$(A):$(B) $A", {"A": "1"}), "1:$(B) $A")

    def test_probes_find_ports_by_name(self) -> None:
        container = {"name": "c", "ports": [{"containerPort": 1}, {"name": "http", "containerPort": 8000}]}

        self.assertEqual(named_port(5, container), 5)
        self.assertEqual(named_port("http", container), 8000)
        with self.assertRaisesRegex(ValueError, "port grpc of container c"):
            named_port("grpc", container)

    def test_the_first_image_that_fits_is_taken(self) -> None:
        known = [Image("^kv-epp:", ("a",)), Image("epp", ("b",), {"X": "1"})]

        self.assertEqual([images.find(known, name) for name in ("kv-epp:1", "registry/epp:v1", "other")], [*known, None])
        self.assertEqual(images.from_json(json.loads(json.dumps(known[1].as_json()))), known[1])

    def test_addresses_stay_in_the_bridges_network(self) -> None:
        self.assertEqual([network.pod_address(i) for i in (0, 249, 250, network.PODS_MAX - 1)],
                         ["10.245.1.1", "10.245.1.250", "10.245.2.1", "10.245.250.250"])
        with self.assertRaises(DemoError):
            network.pod_address(network.PODS_MAX)

    def test_only_what_is_ours_is_removed(self) -> None:
        listing = "kvepp-pod-3 (id: 1)\nmykvepp-pod-4\nkvepp-pod-\nkvepp-pod-12\n7: kvepp-v1@if2: <UP> master kvepp0"

        self.assertEqual(network.leftovers(listing, network.NAMESPACE_PREFIX), ["kvepp-pod-3", "kvepp-pod-12"])
        self.assertEqual(network.leftovers(listing, network.LINK_PREFIX), ["kvepp-v1"])


class HealthTest(unittest.TestCase):
    """A server that answers with given frames."""

    def ask(self, *frames: bytes) -> bool:
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=self._serve, args=(server, frames))
            thread.start()
            serving = grpc_health.is_serving("127.0.0.1", server.getsockname()[1], "readiness", 5)
            thread.join()
        return serving

    @staticmethod
    def _serve(server: socket.socket, frames: tuple[bytes, ...]) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"".join(frames))

    def message(self, status: int) -> bytes:
        return grpc_health.frame(grpc_health.DATA, 0, 1, b"\0" + struct.pack(">I", 2) + bytes([8, status]))

    def test_only_serving_is_ready(self) -> None:
        settings = grpc_health.frame(grpc_health.SETTINGS, 0, 0, b"")
        headers = grpc_health.frame(grpc_health.HEADERS, grpc_health.END_HEADERS, 1, b"\x88")
        trailers = grpc_health.frame(grpc_health.HEADERS, grpc_health.END_HEADERS | grpc_health.END_STREAM, 1, b"\x88")

        self.assertTrue(self.ask(settings, headers, self.message(1), trailers))
        self.assertFalse(self.ask(settings, headers, self.message(2), trailers))
        self.assertFalse(self.ask(settings, trailers))
        self.assertFalse(self.ask(settings[:4]))
        self.assertFalse(self.ask())

    def test_nobody_is_not_ready(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.assertFalse(grpc_health.is_serving("127.0.0.1", port, "", 1))


class WorkersTest(unittest.TestCase):
    def test_records_are_workers_where_their_pod_is_ready(self) -> None:
        records = [record("a", generate=7, worker_kv_query_source_1=7), record("b", generate=8), record("c"),
                   record("gone", generate=9)]
        pods = [pod("a", True), pod("b", False), pod("c", True)]

        self.assertEqual(workers.parse(records, pods), [Worker("7", "decode", "10.245.1.1:8000")])


class RoutingTest(unittest.TestCase):
    def outcome(self, answers: list[Answer], log: dict[str, str], known: tuple[Worker, ...] = (D1, D2)) -> routing.Outcome:
        return routing.judge(answers, known, log)

    def test_conversations_that_stay_at_their_workers_pods_are_right(self) -> None:
        answers = [answer("chat-0-0", "1"), answer("chat-1-0", "2"), answer("chat-0-1", "1"), answer("chat-1-1", "2")]
        log = {a.chat_id: {"1": D1, "2": D2}[a.decode_worker].endpoint for a in answers}

        self.assertEqual(self.outcome(answers, log), routing.Outcome(4, 2, 2, 2, ()))

    def test_what_is_wrong_is_named(self) -> None:
        answers = [answer("chat-0-0", "1"), answer("chat-0-1", "2"), answer("chat-1-0", "5"),
                   Answer("chat-2-0", 503, "", "", "no workers")]
        failures = self.outcome(answers, {"chat-0-0": D2.endpoint, "chat-0-1": D2.endpoint}).failures

        self.assertEqual(failures, (
            "chat-0-0: went to 10.245.1.2:8000 (expected: 10.245.1.1:8000, its worker's own pod)",
            "chat-1-0: decode worker 5 (expected: a decode worker that exists)",
            "chat-2-0: status 503 (expected: 200): no workers",
            "pods used: ['10.245.1.2:8000'] (expected: at least 2)",
            "turns at the worker that had their prefix: 0 (expected: all 1)"))

    def test_prompts_must_be_computed_by_prefill_workers_where_there_are_some(self) -> None:
        answers = [answer("chat-0-0", "1", P1.worker_id), answer("chat-0-1", "2", P1.worker_id), answer("chat-1-0", "2", "2")]
        log = {"chat-0-0": D1.endpoint, "chat-0-1": D2.endpoint, "chat-1-0": D2.endpoint}

        self.assertEqual(self.outcome(answers, log, (D1, D2, P1)), routing.Outcome(
            3, 2, 1, 1, ("chat-1-0: prefill worker 2 (expected: a prefill worker)",)))

    def test_each_turn_begins_with_the_one_before(self) -> None:
        for turn in range(routing.TURNS - 1):
            self.assertTrue(routing.prompt(3, turn + 1).startswith(routing.prompt(3, turn)))
        self.assertNotEqual(routing.prompt(1, 0)[:40], routing.prompt(2, 0)[:40])

    def test_answers_name_their_workers(self) -> None:
        body = json.dumps({"nvext": {"worker_id": {"decode_worker_id": 2**64 - 1}}}).encode()

        self.assertEqual(traffic.read("r", 200, body), answer("r", "18446744073709551615"))
        self.assertEqual(traffic.read("r", 503, b"busy"), Answer("r", 503, "", "", "busy"))
        self.assertTrue(traffic.read("r", 200, b"<").problem.startswith("the body is not JSON"))

    def test_the_access_log_tells_upstreams(self) -> None:
        self.assertEqual(traffic.upstreams("a 200 10.0.0.1:8000\n[warning] something else\nb 503 -\n"),
                         {"a": "10.0.0.1:8000", "b": "-"})
        self.assertEqual(len(istio.ACCESS_LOG_FORMAT.split()), 3)


class SuiteTest(unittest.TestCase):
    OUTPUT = ("=== RUN   TestConformance\n=== RUN   TestConformance/InferencePoolAccepted\n"
              "=== RUN   TestConformance/InferencePoolAccepted/sub_test\n--- FAIL: TestConformance (3.00s)\n"
              "    --- PASS: TestConformance/InferencePoolAccepted (1.00s)\n"
              "        --- FAIL: TestConformance/Other/sub_test (1.00s)\n"
              "    --- FAIL: TestConformance/Other (1.00s)\n    --- SKIP: TestConformance/Third (0.00s)\n")

    def test_results_are_those_of_whole_tests(self) -> None:
        result = suite.parse(self.OUTPUT)

        self.assertEqual(result, suite.SuiteResult(frozenset({"InferencePoolAccepted"}), frozenset({"Other"}),
                                                   frozenset({"Third"})))
        self.assertEqual(result.missing(), sorted(suite.EXPECTED - {"InferencePoolAccepted"}))

    def test_the_reference_passes_eleven(self) -> None:
        self.assertEqual(len(suite.EXPECTED), 11)
        self.assertNotIn(suite.SKIPPED, suite.EXPECTED)

    def test_progress_names_the_test_that_runs(self) -> None:
        self.assertEqual(suite.running_test(self.OUTPUT), "InferencePoolAccepted")
        self.assertEqual(suite.running_test(""), "")


class CommandTest(unittest.TestCase):
    def test_what_is_missing_is_said(self) -> None:
        with self.assertRaisesRegex(DemoError, r"user: 1000 \(expected: root"):
            require_rights_and_tools(1000, ())
        with self.assertRaisesRegex(DemoError, r"not on the PATH: no-such-tool \(expected: sh, no-such-tool;"):
            require_rights_and_tools(0, ("sh", "no-such-tool"))

    def test_any_failure_is_a_failure(self) -> None:
        good = {"aggregated": {"failures": ()}, "conformance": {"missing": [], "failed": ["Weighted"]}}

        self.assertTrue(is_passed(good))
        self.assertFalse(is_passed({**good, "aggregated": {"failures": ("x",)}}))
        self.assertFalse(is_passed({**good, "conformance": {"missing": ["x"]}}))

    def test_the_version_is_the_projects(self) -> None:
        self.assertRegex(version(), r"^\d+\.\d+")

    def test_envoy_is_named_as_istiod_expects(self) -> None:
        config = proxy_main.bootstrap({"E2E_POD_NAME": "p", "E2E_POD_NAMESPACE": "n", "E2E_POD_IP": "10.245.1.1",
                                       "E2E_POD_LABELS": '{"a": "b"}'}, "10.245.0.1", 15010)

        self.assertEqual(config["node"]["id"], "router~10.245.1.1~p.n~n.svc.cluster.local")
        self.assertEqual(config["node"]["metadata"]["LABELS"], {"a": "b"})

    def test_istiod_reads_files_of_its_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            istio.write_files(Path(folder))
            config = json.loads((Path(folder) / "var/lib/istio/inject/config").read_text())
        self.assertIn(f"image: {istio.PROXY_IMAGE}\n", config["templates"]["kube-gateway"])


if __name__ == "__main__":
    unittest.main()
