"""Pods of a cluster without containers: each container is a process in the network namespace of its pod."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..processes import Child
from . import grpc_health, images, network
from .images import Image
from .kube_api import MERGE_PATCH, KubeApi

ACCOUNT_FOLDER = Path("/run/secrets/kubernetes.io/serviceaccount")
TOKEN_SECONDS = 7200
RESTART_SECONDS = 1.0
PROBE_SECONDS = 1.0
STOP_SECONDS = 8.0
OK_STATUSES = range(200, 400)
NODE = "local"
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_MAP_KEY = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


class Pod:
    """One pod from its network to its end. Confined to one thread, except `probe`."""

    def __init__(self, api: KubeApi, pod: Mapping[str, Any], index: int, folder: Path, known: Sequence[Image]):
        self.spec = pod["spec"]
        self.metadata = pod["metadata"]
        self.network = network.PodNetwork(index)
        self._api = api
        self._images = known
        self._folder = folder / f"{self.metadata['namespace']}_{self.metadata['name']}"
        self._children: dict[str, Child] = {}
        self._started: dict[str, float] = {}
        self._restarts: dict[str, int] = {}
        self._since = now()
        self._told: list[Any] | None = None
        self._stop_deadline: float | None = None

    @property
    def path(self) -> str:
        """The object's path in the API."""
        return f"/api/v1/namespaces/{self.metadata['namespace']}/pods/{self.metadata['name']}"

    def start(self) -> None:
        """Makes the network and starts every container."""
        self.network.create()
        account = self._folder / "account"
        account.mkdir(parents=True, exist_ok=True)
        self._write_account(account)
        for container in self.spec["containers"]:
            self._start(container)

    def _write_account(self, folder: Path) -> None:
        name = self.spec.get("serviceAccountName", "default")
        answer = self._api.call(
            "POST", f"/api/v1/namespaces/{self.metadata['namespace']}/serviceaccounts/{name}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {
                "expirationSeconds": TOKEN_SECONDS, "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod", "name": self.metadata["name"], "uid": self.metadata["uid"]}}})
        (folder / "token").write_text(answer["status"]["token"])
        (folder / "namespace").write_text(self.metadata["namespace"])
        if self._api.authority is not None:
            (folder / "ca.crt").write_bytes(self._api.authority.read_bytes())

    def _start(self, container: Mapping[str, Any]) -> None:
        image = images.find(self._images, container["image"])
        if image is None:
            return
        environment = self._environment(container, image)
        arguments = [expand(argument, environment) for argument in container.get("args", ())]
        # A mount of its own in the process's mount namespace, which `ip netns exec` makes.
        mounted = f'mount --bind "{self._folder / "account"}" {ACCOUNT_FOLDER} && exec "$@"'
        command = ["ip", "netns", "exec", self.network.namespace, "sh", "-c", mounted, "sh", *image.command, *arguments]
        name = container["name"]
        self._children[name] = Child(f"{self.metadata['name']}/{name}", command, self._folder / f"{name}.log", environment,
                                     folder=self._folder)
        self._started[name] = time.monotonic()

    def _environment(self, container: Mapping[str, Any], image: Image) -> dict[str, str]:
        host, port = self._api.url.removeprefix("https://").rsplit(":", 1)
        own = {variable["name"]: self._value(variable) for variable in container.get("env", ())}
        return {
            "PATH": os.environ["PATH"], "HOME": str(self._folder), "HOSTNAME": self.metadata["name"], "LANG": "C.UTF-8",
            "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port,
            "E2E_POD_NAME": self.metadata["name"], "E2E_POD_NAMESPACE": self.metadata["namespace"],
            "E2E_POD_IP": self.network.address, "E2E_POD_LABELS": json.dumps(self.metadata.get("labels", {})),
            **image.environment, **own}

    def _value(self, variable: Mapping[str, Any]) -> str:
        if "value" in variable:
            return str(variable["value"])
        path = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath", "")
        keyed = _MAP_KEY.fullmatch(path)
        if keyed:
            return str(self.metadata.get(keyed[1], {}).get(keyed[2], ""))
        return {"metadata.name": self.metadata["name"], "metadata.namespace": self.metadata["namespace"],
                "metadata.uid": self.metadata["uid"], "status.podIP": self.network.address,
                "status.hostIP": network.HOST_ADDRESS, "spec.nodeName": NODE,
                "spec.serviceAccountName": self.spec.get("serviceAccountName", "default")}.get(path, "")

    def restart_ended(self) -> None:
        """Starts containers again that ended."""
        for container in self.spec["containers"]:
            name = container["name"]
            child = self._children.get(name)
            if child and not child.alive() and time.monotonic() - self._started[name] > RESTART_SECONDS:
                self._restarts[name] = self._restarts.get(name, 0) + 1
                self._start(container)

    def probe(self) -> dict[str, bool]:
        """Tells which containers are ready. Thread-safe."""
        return {c["name"]: self._is_up(c["name"]) and self._answers(c) for c in self.spec["containers"]}

    def _is_up(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.alive()

    def _answers(self, container: Mapping[str, Any]) -> bool:
        probe = container.get("readinessProbe") or {}
        if "grpc" in probe:
            return grpc_health.is_serving(self.network.address, probe["grpc"]["port"], probe["grpc"].get("service", ""),
                                          PROBE_SECONDS)
        if "httpGet" not in probe:
            return True
        http = probe["httpGet"]
        port = named_port(http["port"], container)
        try:
            with urllib.request.urlopen(f"http://{self.network.address}:{port}{http.get('path', '/')}",
                                        timeout=PROBE_SECONDS) as answer:
                return answer.status in OK_STATUSES
        except (OSError, ValueError):
            return False

    def tell(self, ready: Mapping[str, bool]) -> None:
        """Writes the status of the object when it changed."""
        statuses = [self._container_status(c, ready[c["name"]]) for c in self.spec["containers"]]
        if statuses == self._told:
            return
        all_ready = all(ready.values())
        conditions = [{"type": kind, "status": "True" if value else "False", "lastTransitionTime": now()}
                      for kind, value in (("PodScheduled", True), ("Initialized", True), ("ContainersReady", all_ready),
                                          ("Ready", all_ready))]
        self._api.call("PATCH", f"{self.path}/status", {"status": {
            "phase": "Running", "podIP": self.network.address, "podIPs": [{"ip": self.network.address}],
            "hostIP": network.HOST_ADDRESS, "startTime": self._since, "conditions": conditions,
            "observedGeneration": self.metadata.get("generation", 1), "containerStatuses": statuses}}, MERGE_PATCH)
        self._told = statuses

    def _container_status(self, container: Mapping[str, Any], ready: bool) -> dict[str, Any]:
        name = container["name"]
        up = self._is_up(name)
        state = {"running": {"startedAt": self._since}} if up else {
            "waiting": {"reason": "CrashLoopBackOff" if name in self._children else "ErrImagePull"}}
        return {"name": name, "image": container["image"], "imageID": "", "ready": ready, "started": up,
                "restartCount": self._restarts.get(name, 0), "state": state}

    def begin_stop(self) -> None:
        """Asks every process to end; the first call counts."""
        if self._stop_deadline is None:
            grace = self.spec.get("terminationGracePeriodSeconds", STOP_SECONDS)
            self._stop_deadline = time.monotonic() + min(grace, STOP_SECONDS)
            self._signal(signal.SIGTERM)

    def is_stopped(self) -> bool:
        """Tells whether every process has ended; kills those that take too long."""
        if self._stop_deadline is not None and time.monotonic() >= self._stop_deadline:
            self._signal(signal.SIGKILL)
        return not any(child.alive() for child in self._children.values())

    def remove(self) -> None:
        """Ends what is left, and removes the network."""
        self._signal(signal.SIGKILL)
        for child in self._children.values():
            child.popen.wait()
        self.network.remove()

    def _signal(self, number: int) -> None:
        for child in self._children.values():
            child.signal(number)


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replaces `$(NAME)` by variables that exist, as Kubernetes does in arguments."""
    return _REFERENCE.sub(lambda found: environment.get(found[1], found[0]), text)


def named_port(port: int | str, container: Mapping[str, Any]) -> int:
    """Returns a port that may be given by the name of a container port; raises ValueError when there is none."""
    if isinstance(port, int):
        return port
    for candidate in container.get("ports", ()):
        if candidate.get("name") == port:
            return int(candidate["containerPort"])
    raise ValueError(f"port {port} of container {container['name']} (expected: the name of one of its ports)")


def now() -> str:
    """Returns the time as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
