"""The same with containers: a new kind cluster with Istio, images built from this folder, and addresses for gateways."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..build import REPOSITORY
from ..commands import Command, run_command
from ..console import step
from ..install import REQUIREMENTS, Parts
from ..ports import free_ports
from ..processes import Child, Children
from ..waiting import wait_until
from . import istio, suite
from .kube_api import KubeApi
from .local_cluster import DYNAMO_RESOURCES
from .parts import GatewayParts

NAME = "kv-epp-gateway"
MODEL = "/model"
PROXY_SECONDS = 30.0
PYTHON_IMAGE = "python:3.11-slim"
PICKER = "kv-epp:0.1.0"
SUITE_PICKER = f"registry.k8s.io/{suite.PICKER_IMAGE}:v1.3.0"
ADVICE = "look at its output above; kind delete cluster --name " + NAME + " removes a cluster that is left"


class KindCluster:
    """One kind cluster. Confined to the main thread; `close` deletes it, also after a failed start."""

    TOOLS = ("kind", "docker", "kubectl", "istioctl", "cloud-provider-kind")

    def __init__(self, folder: Path, parts: Parts, gateway: GatewayParts, pool_crds: str):
        self._folder = folder
        self._parts = parts
        self._gateway = gateway
        self._pool_crds = pool_crds
        self.kubeconfig = str(folder / "kubeconfig")
        self.children = Children()
        self.api: KubeApi

    def start(self) -> None:
        """Makes the cluster, its images and what gateways need."""
        with step("make a kind cluster"):
            self._run("kind", "create", "cluster", "--name", NAME, "--wait", "120s")
        with step("build the images and load them"):
            for image, text in self._dockerfiles().items():
                self._build(image, text)
        with step("start Istio"):
            self.define(self._definitions())
            self._run("istioctl", "install", "--skip-confirmation", "--set", "profile=minimal",
                      "--set", "values.pilot.env.ENABLE_GATEWAY_API_INFERENCE_EXTENSION=true",
                      "--set", "meshConfig.accessLogFile=/dev/stdout",
                      "--set", f"meshConfig.accessLogFormat={istio.ACCESS_LOG_FORMAT}")
        self._start("cloud-provider-kind", ["cloud-provider-kind"])
        port, = free_ports(1)
        self._start("api-proxy", ["kubectl", "proxy", f"--port={port}"])
        self.api = KubeApi(f"http://127.0.0.1:{port}", None, "")
        wait_until("the API server can be reached", self._is_reachable, PROXY_SECONDS)

    def _dockerfiles(self) -> dict[str, str]:
        """Each image of the manifests, and how it is made; the build's folder has kv-epp, the model and the requirements."""
        dynamo = (f"FROM {PYTHON_IMAGE}\nCOPY requirements.txt /\nRUN pip install --no-deps -r /requirements.txt\n"
                  f"COPY model {MODEL}\nENV HF_HUB_OFFLINE=1\n")
        kv_epp = (REPOSITORY / "Dockerfile").read_text().replace(" target/kv-epp ", " kv-epp ")
        # Cards name files of the worker's image, so the picker's has them in the same place.
        with_model = f"{kv_epp}COPY model {MODEL}\n"
        return {
            "dynamo-mocker:1.6.1": f'{dynamo}ENTRYPOINT ["python", "-m", "dynamo.mocker", "--model-path", "{MODEL}", '
                                   f'"--model-name", "{self._parts.model_name}"]\n',
            "dynamo-frontend:1.6.1": f'{dynamo}ENTRYPOINT ["python", "-m", "dynamo.frontend"]\n',
            PICKER: with_model,
            SUITE_PICKER: f'{kv_epp}ENTRYPOINT ["/opt/kv-epp/bin/kv-epp", "--conformance-test-mode=true"]\n',
        }

    def _build(self, image: str, dockerfile: str) -> None:
        context = self._folder / "image"
        if not context.exists():
            context.mkdir()
            shutil.copytree(REPOSITORY / "target" / "kv-epp", context / "kv-epp")
            shutil.copytree(self._parts.model, context / "model")
            shutil.copy(REQUIREMENTS, context / "requirements.txt")
        (context / "Dockerfile").write_text(dockerfile)
        self._run("docker", "build", "--tag", image, str(context))
        self._run("kind", "load", "docker-image", image, "--name", NAME)

    def _definitions(self) -> list[Path]:
        return [*sorted(Path(self._gateway.gateway_crds).glob("*.yaml")), *sorted(Path(self._pool_crds).glob("*.yaml")),
                DYNAMO_RESOURCES / "dynamo.yaml"]

    def define(self, files: Sequence[Path]) -> None:
        """Applies definitions of kinds, in place of those of the same names, and waits until they are served."""
        for file in files:
            self._run("kubectl", "apply", "--server-side", "--force-conflicts", "--filename", str(file))
        self._run("kubectl", "wait", "--for=condition=Established", "--all", "crd", "--timeout=60s")

    def access_log(self, namespace: str) -> str:
        """Returns the access log of the gateway of a namespace."""
        log = self._folder / f"{namespace}-gateway.log"
        selector = "gateway.networking.k8s.io/gateway-name=inference"
        self._run("sh", "-c", f"kubectl logs --namespace {namespace} --selector {selector} --tail=-1 > {log}")
        return log.read_text(errors="replace")

    def require_alive(self) -> None:
        """Raises DemoError when a part of the cluster has ended by itself."""
        self.children.require_all_alive()

    def _is_reachable(self) -> bool:
        self.require_alive()
        return self.api.is_ready()

    def _start(self, name: str, command: Sequence[str]) -> None:
        self.children.add(Child(name, command, self._folder / f"{name}.log", self._environment()))

    def _run(self, *command: str) -> None:
        run_command(Command(" ".join(command[:3]), command, ADVICE, environment=self._environment()))

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def close(self) -> None:
        """Ends everything; safe to call twice."""
        self.children.close()
        self._run("kind", "delete", "cluster", "--name", NAME)
