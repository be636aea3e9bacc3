"""The node of a cluster without containers: scheduler, kubelet and load balancer in one loop over the API."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..console import note
from ..errors import DemoError
from . import network
from .images import Image
from .kube_api import CONFLICT, MERGE_PATCH, NOT_FOUND, ApiError, KubeApi
from .pods import NODE, Pod

TICK_SECONDS = 0.3
PROBES_AT_A_TIME = 16
# Less than what `Children` gives the node itself.
CLOSE_SECONDS = 2.5


class Node:
    """Runs every pod of the cluster. Confined to one thread, which must be the main one (see `Child`)."""

    def __init__(self, api: KubeApi, folder: Path, images: Sequence[Image]):
        self._api = api
        self._folder = folder
        self._images = images
        self._pods: dict[str, Pod] = {}
        self._made = 0
        self._probes = ThreadPoolExecutor(PROBES_AT_A_TIME)

    def register(self) -> None:
        """Makes the Node object; without it nobody writes EndpointSlices."""
        try:
            self._api.call("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {
                "name": NODE, "labels": {"kubernetes.io/hostname": NODE}}})
        except ApiError as e:
            if e.status != CONFLICT:
                raise

    def tick(self) -> None:
        """Looks once at every pod and service."""
        objects = self._api.items("/api/v1/pods")
        present = {pod["metadata"]["uid"] for pod in objects}
        for pod in objects:
            self._guarded(pod)
        for uid in [uid for uid in self._pods if uid not in present]:
            self._pods.pop(uid).remove()
        running = [pod for uid, pod in self._pods.items() if uid in present]
        for pod, ready in zip(running, self._probes.map(Pod.probe, running)):
            self._tell(pod, ready)
        for service in self._api.items("/api/v1/services"):
            self._balance(service)

    def _guarded(self, pod: Mapping[str, Any]) -> None:
        try:
            self._follow(pod)
        except DemoError as e:
            note(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}: {e}")

    def _follow(self, pod: Mapping[str, Any]) -> None:
        uid = pod["metadata"]["uid"]
        known = self._pods.get(uid)
        if pod["metadata"].get("deletionTimestamp"):
            self._leave(pod, known)
        elif known is None:
            self._bind(pod)
            known = Pod(self._api, pod, self._made, self._folder, self._images)
            self._made += 1
            self._pods[uid] = known
            known.start()
        else:
            known.restart_ended()

    def _bind(self, pod: Mapping[str, Any]) -> None:
        if not pod["spec"].get("nodeName"):
            namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
            self._api.call("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/binding", {
                "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}})

    def _leave(self, pod: Mapping[str, Any], known: Pod | None) -> None:
        if known is not None:
            known.begin_stop()
            if not known.is_stopped():
                return
            known.remove()
            del self._pods[pod["metadata"]["uid"]]
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self._api.call("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0")

    @staticmethod
    def _tell(pod: Pod, ready: Mapping[str, bool]) -> None:
        try:
            pod.tell(ready)
        except ApiError as e:
            if e.status != NOT_FOUND:
                note(f"{pod.path}: {e}")

    def _balance(self, service: Mapping[str, Any]) -> None:
        """A service of the type LoadBalancer has the address of its first pod."""
        spec, metadata = service["spec"], service["metadata"]
        if spec.get("type") != "LoadBalancer":
            return
        selector = spec.get("selector") or {}
        addresses = [pod.network.address for pod in self._pods.values()
                     if pod.metadata["namespace"] == metadata["namespace"]
                     and selector.items() <= pod.metadata.get("labels", {}).items()]
        told = [entry.get("ip") for entry in service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()]
        if addresses and told != addresses[:1]:
            self._api.call("PATCH", f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status",
                           {"status": {"loadBalancer": {"ingress": [{"ip": addresses[0], "ipMode": "VIP"}]}}}, MERGE_PATCH)

    def close(self) -> None:
        """Ends every pod, all at once."""
        for pod in self._pods.values():
            pod.begin_stop()
        deadline = time.monotonic() + CLOSE_SECONDS
        while time.monotonic() < deadline and not all(pod.is_stopped() for pod in self._pods.values()):
            time.sleep(TICK_SECONDS)
        for pod in self._pods.values():
            pod.remove()
        self._pods.clear()
        self._probes.shutdown()
        network.remove_all()
