"""What `e2e/gateway --kind` runs, with programs of the test's own in place of kind, docker, kubectl and istioctl."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lib.errors import DemoError
from lib.gateway import images, kind, manifests, scenarios, suite
from lib.gateway.kind import KindCluster
from lib.gateway.local_cluster import DYNAMO_RESOURCES
from lib.gateway.local_images import local_images
from lib.gateway.parts import GatewayParts
from lib.install import Parts

# Notes how it was called and with which Dockerfile; `kubectl proxy` is an API server that is ready, and a proxy of
# addresses runs until it is ended.
PROGRAM = f"""#!{sys.executable}
import http.server, json, os, pathlib, signal, sys
name = os.path.basename(sys.argv[0])
call = [name, *sys.argv[1:]]
if call[:2] == ["docker", "build"]:
    call.append(pathlib.Path(sys.argv[-1], "Dockerfile").read_text())
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(call) + "\\n")
if call[1:] and call[1] == "proxy":
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/readyz" else 404)
            self.send_header("content-length", "0")
            self.end_headers()
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[2].split("=")[1])), Ready).serve_forever()
if name == "cloud-provider-kind":
    signal.pause()
sys.exit(call[:3] == os.environ.get("FAILS", "").split())
"""


def calls_of(folder: Path) -> list[list[str]]:
    return [json.loads(line) for line in (folder / "calls").read_text().splitlines()]


class KindClusterTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        programs = self.folder / "programs"
        for tool in KindCluster.TOOLS:
            file = programs / tool
            file.parent.mkdir(exist_ok=True)
            file.write_text(PROGRAM)
            file.chmod(0o755)
        repository = self.folder / "repository"
        (repository / "target" / "kv-epp" / "bin").mkdir(parents=True)
        (repository / "Dockerfile").write_text((kind.REPOSITORY / "Dockerfile").read_text())
        for name in ("model", "gateway-crds", "pool-crds", "work"):
            (self.folder / name).mkdir()
        for name in ("gateway-crds/b.yaml", "gateway-crds/a.yaml", "pool-crds/p.yaml"):
            (self.folder / name).touch()
        for patch in (mock.patch.dict(os.environ, {"PATH": f"{programs}:{os.environ['PATH']}",
                                                   "CALLS": str(self.folder / "calls")}),
                      mock.patch.object(kind, "REPOSITORY", repository)):
            patch.start()
            self.addCleanup(patch.stop)
        self.parts = Parts("python", "envoy", str(self.folder / "model"), "m", "qwen")
        self.gateway = GatewayParts("istiod", "istio.yaml", "echo", str(self.folder / "gateway-crds"), "suite", "crds")
        self.cluster = KindCluster(self.folder / "work", self.parts, self.gateway, str(self.folder / "pool-crds"))

    def test_what_it_runs_in_which_order(self) -> None:
        self.cluster.start()
        self.assertTrue(self.cluster.api.is_ready())
        self.cluster.close()

        calls = calls_of(self.folder)
        begun = [" ".join(call[:3]) for call in calls if call[1:] and not call[1].startswith(("proxy", "build", "load"))]
        self.assertEqual(begun, ["kind create cluster", *["kubectl apply --server-side"] * 4,
                                 "kubectl wait --for=condition=Established", "istioctl install --skip-confirmation",
                                 "kind delete cluster"])
        for call in calls:
            if call[0] == "kind":
                self.assertEqual(call[call.index("--name") + 1], kind.NAME)
        self.assertIn(["cloud-provider-kind"], calls)
        istioctl = next(call for call in calls if call[0] == "istioctl")
        self.assertIn("values.pilot.env.ENABLE_GATEWAY_API_INFERENCE_EXTENSION=true", istioctl)
        self.assertTrue(any("%UPSTREAM_HOST%" in setting for setting in istioctl), istioctl)

    def test_every_image_that_is_built_is_loaded(self) -> None:
        self.cluster.start()
        self.cluster.close()

        calls = calls_of(self.folder)
        built = [call[3] for call in calls if call[:2] == ["docker", "build"]]
        loaded = [call[3] for call in calls if call[:3] == ["kind", "load", "docker-image"]]
        self.assertEqual(built, loaded)
        self.assertEqual(len(built), 4)
        files = {call[3]: call[-1] for call in calls if call[:2] == ["docker", "build"]}
        for image, entry in ((kind.SUITE_PICKER, "--conformance-test-mode=true"), ("dynamo-mocker:1.6.1", "dynamo.mocker"),
                             ("dynamo-frontend:1.6.1", "dynamo.frontend")):
            self.assertIn(entry, files[image].splitlines()[-1])
        for image, text in files.items():
            for source in (line.split()[-2] for line in text.splitlines() if line.startswith("COPY ")):
                self.assertTrue((self.folder / "work" / "image" / source).exists(), f"{image}: COPY {source}")

    def test_definitions_are_those_of_the_cluster_without_containers(self) -> None:
        self.cluster.start()
        self.cluster.close()

        applied = [call[-1] for call in calls_of(self.folder) if call[:2] == ["kubectl", "apply"]]
        self.assertEqual(applied, [str(self.folder / "gateway-crds" / "a.yaml"), str(self.folder / "gateway-crds" / "b.yaml"),
                                   str(self.folder / "pool-crds" / "p.yaml"), str(DYNAMO_RESOURCES / "dynamo.yaml")])

    def test_every_image_of_the_manifests_exists_in_both_clusters(self) -> None:
        wanted = {line.split("image:")[1].strip() for file in scenarios.MANIFESTS.rglob("*.yaml")
                  for line in file.read_text().splitlines() if "image:" in line}
        wanted.add(f"registry.k8s.io/{suite.PICKER_IMAGE}:v1.3.0")
        local = local_images(self.parts, self.gateway, Path("kv-epp"), {"JAVA_HOME": "java"})

        self.assertEqual(set(self.cluster._dockerfiles()), wanted)
        for image in wanted:
            self.assertIsNotNone(images.find(local, image), image)

    def test_manifests_are_applied_through_whichever_cluster_it_is(self) -> None:
        applied: list[tuple[str, str]] = []
        api = mock.Mock()
        api.apply_file.side_effect = lambda file, namespace: applied.append((file.name, namespace))
        with mock.patch.object(scenarios.routing, "wait_for_gateway", side_effect=DemoError("far enough")):
            for cluster in (self.cluster, mock.Mock()):
                cluster.api = api
                with self.assertRaisesRegex(DemoError, "far enough"):
                    scenarios.route(cluster, "aggregated", "m")

        half = len(applied) // 2
        self.assertEqual(applied[:half], applied[half:])
        self.assertEqual({name for name, _ in applied},
                         {"workers.yaml", "aggregated.yaml", "rbac.yaml", "pool.yaml", "gateway.yaml"})
        for file in (scenarios.MANIFESTS / "pool.yaml", scenarios.MANIFESTS / "gateway.yaml"):
            self.assertTrue(manifests.read(file))

    def test_what_was_begun_is_deleted_when_the_start_fails(self) -> None:
        with mock.patch.dict(os.environ, {"FAILS": "istioctl install --skip-confirmation"}):
            with self.assertRaisesRegex(DemoError, "kind delete cluster --name"):
                self.cluster.start()
            self.cluster.close()

        self.assertEqual(calls_of(self.folder)[-1], ["kind", "delete", "cluster", "--name", kind.NAME])


if __name__ == "__main__":
    unittest.main()
