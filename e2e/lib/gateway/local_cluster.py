"""A cluster on this machine without containers: etcd, API server, controllers, istiod, and a node for the pods."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..console import step
from ..kubernetes import control_plane
from ..kubernetes.control_plane import ControlPlane
from ..kubernetes.parts import Cluster
from ..processes import Child, Children
from ..waiting import wait_until
from . import istio, manifests, network
from .images import Image
from .kube_api import KubeApi
from .parts import GatewayParts
from .pods import ACCOUNT_FOLDER

START_SECONDS = 120.0
CRD_SECONDS = 60.0
POLL_SECONDS = 0.2
PROGRAMS = Path(__file__).resolve().parent.parent.parent
DYNAMO_RESOURCES = PROGRAMS.parent / "src" / "test" / "resources" / "io" / "kvepp" / "it" / "cluster"


@dataclass(frozen=True)
class ClusterParts:
    """The programs of the cluster."""

    kubernetes: Cluster
    gateway: GatewayParts
    etcd: str


class LocalCluster:
    """One such cluster. Confined to the main thread; `close` removes everything, also after a failed start."""

    def __init__(self, parts: ClusterParts, folder: Path, images: Sequence[Image]):
        self._parts = parts
        self._folder = folder
        self._images = images
        self.children = Children()
        # Before the network exists nothing can be bound to its address; so the plane is prepared in `start`.
        self.plane: ControlPlane
        self.api: KubeApi

    def start(self) -> None:
        """Starts everything and waits until pods can run and gateways are served."""
        network.create_bridge()
        ACCOUNT_FOLDER.mkdir(parents=True, exist_ok=True)
        with step("start the API server and its controllers"):
            self._start_control_plane()
        with step("define the kinds of the Gateway API, of pools and of Istio"):
            self._define()
        with step("start istiod and the node"):
            self._start_istiod()
            self._start_node()

    def _start_control_plane(self) -> None:
        self.plane = control_plane.prepare(self._folder / "plane", self._parts.kubernetes, self._parts.etcd,
                                           network.HOST_ADDRESS)
        for name in ("etcd", "apiserver"):
            self._start(name, self.plane.commands[name], os.environ)
        authority = Path(self.plane.authority)
        wait_until("the API server has a certificate", lambda: self._alive() and _is_complete(authority), START_SECONDS)
        self.api = KubeApi(self.plane.url, authority, self.plane.admin_token)
        # The controllers give up on an API server that takes long to become ready.
        wait_until("the API server is ready", lambda: self._alive() and self.api.is_ready(), START_SECONDS, POLL_SECONDS)
        self._start("controller-manager", self.plane.commands["controller-manager"], os.environ)

    def _define(self) -> None:
        gateway = self._parts.gateway
        files = [*sorted(Path(gateway.gateway_crds).glob("*.yaml")), Path(gateway.istio_crds),
                 *sorted(Path(self._parts.kubernetes.crds).glob("*.yaml")),
                 DYNAMO_RESOURCES / "dynamo.yaml"]
        self.define(files)

    def define(self, files: Sequence[Path]) -> None:
        """Applies definitions of kinds, in place of those of the same names, and waits until they are served."""
        crds = [crd for file in files for crd in manifests.read(file)]
        for crd in crds:
            self.api.apply(crd, "")
        names = {crd.name for crd in crds if crd.kind == "CustomResourceDefinition"}
        wait_until("the kinds are served", lambda: self._established() >= names, CRD_SECONDS, POLL_SECONDS)

    def _established(self) -> set[str]:
        definitions = self.api.items("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        return {crd["metadata"]["name"] for crd in definitions
                for condition in crd.get("status", {}).get("conditions") or ()
                if condition["type"] == "Established" and condition["status"] == "True"}

    def _start_istiod(self) -> None:
        self.api.create_namespace(istio.SYSTEM_NAMESPACE)
        folder = self._folder / "istiod"
        istio.write_files(folder)
        self._start("istiod", istio.command(self._parts.gateway.istiod, self.plane.kubeconfig), istio.environment(), folder)
        path = f"/apis/gateway.networking.k8s.io/v1/gatewayclasses/{istio.GATEWAY_CLASS}"
        wait_until("istiod serves its gateway class", lambda: self._alive() and self.api.find(path), START_SECONDS,
                   POLL_SECONDS)

    def _start_node(self) -> None:
        configuration = self._folder / "node.json"
        configuration.touch(0o600)
        pods = self._folder / "pods"
        pods.mkdir()
        configuration.write_text(json.dumps({
            "url": self.plane.url, "authority": self.plane.authority, "token": self.plane.admin_token, "folder": str(pods),
            "images": [image.as_json() for image in self._images]}))
        self._start("node", [sys.executable, "-m", "lib.gateway.node_main", str(configuration)], os.environ, PROGRAMS)

    def _start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> None:
        self.children.add(Child(name, command, self._folder / f"{name}.log", environment, folder=folder))

    def _alive(self) -> bool:
        self.children.require_all_alive()
        return True

    @property
    def kubeconfig(self) -> str:
        """The administrator's configuration file."""
        return self.plane.kubeconfig

    def require_alive(self) -> None:
        """Raises DemoError when a part of the cluster has ended by itself."""
        self.children.require_all_alive()

    def access_log(self, namespace: str) -> str:
        """Returns the access log of the gateway of a namespace."""
        logs = (self._folder / "pods").glob(f"{namespace}_inference-*/istio-proxy.log")
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def close(self) -> None:
        """Ends every process and removes the network; safe to call twice."""
        self.children.close()
        network.remove_all()
        remove_if_empty(ACCOUNT_FOLDER)


def _is_complete(certificate: Path) -> bool:
    return certificate.exists() and certificate.read_text().rstrip().endswith("-----END CERTIFICATE-----")


def remove_if_empty(folder: Path) -> None:
    """Removes a folder, and its parent, where nothing is in them."""
    try:
        folder.rmdir()
        folder.parent.rmdir()
    except OSError:
        pass
