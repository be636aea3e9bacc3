"""Starts and ends the parts of one serving stack: workers, frontend, kv-epp, Envoy. All on 127.0.0.1."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import discovery, envoy_config, rest
from .errors import DemoError
from .install import Parts
from .ports import free_ports
from .processes import Child, Children
from .tap import Tap
from .waiting import DeadlineExceeded, wait_until

NAMESPACE = "dynamo"
WORKER_SECONDS = 30.0
FRONTEND_SECONDS = 30.0
KV_EPP_SECONDS = 60.0
ENVOY_SECONDS = 15.0
TAP_SECONDS = 15.0

AGGREGATED, PREFILL, DECODE = "AGGREGATED", "PREFILL", "DECODE"
SHORT_NAMES = {AGGREGATED: "A", PREFILL: "P", DECODE: "D"}
# Variables of the caller that would change where Dynamo looks for its peers.
DROPPED_VARIABLES = ("NATS_SERVER", "ETCD_ENDPOINTS", "PYTHONPATH", "PYTHONHOME")


@dataclass(frozen=True)
class StackSettings:
    """What the workers of a stack have in common."""

    block_size: int
    gpu_blocks: int
    context_tokens: int
    speedup: float


@dataclass(frozen=True)
class WorkerProcess:
    """One running worker. `name` is short (P1, D2, A3); `worker_id` is its unsigned 64-bit instance id in decimal."""

    name: str
    role: str
    worker_id: str
    child: Child


def dynamo_environment(discovery_folder: Path) -> dict[str, str]:
    """Returns the environment of Dynamo processes that find each other in a folder and use this machine only."""
    inherited = {k: v for k, v in os.environ.items() if k not in DROPPED_VARIABLES and not k.startswith("DYN_")}
    return {
        **inherited, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUNBUFFERED": "1",
        "DYN_NAMESPACE": NAMESPACE, "DYN_DISCOVERY_BACKEND": "file", "DYN_FILE_KV": str(discovery_folder),
        "DYN_EVENT_PLANE": "zmq", "DYN_REQUEST_PLANE": "tcp", "DYN_TCP_RPC_HOST": "127.0.0.1",
        "DYN_SDK_DISABLE_ANSI_LOGGING": "1", "DYN_SELF_HOST_METADATA": "0",
    }


class Stack:
    """The parts of one stack. Confined to the main thread; `close` ends everything, also after a failed start."""

    def __init__(self, parts: Parts, folder: Path, settings: StackSettings):
        self.parts = parts
        self.folder = folder
        self.settings = settings
        self.discovery = folder / "discovery"
        self.workers: list[WorkerProcess] = []
        self.frontend_port = self.envoy_port = self.envoy_admin_port = 0
        self.epp_port = self.epp_health_port = self.epp_admin_port = 0
        self.children = Children()
        self._names: dict[str, int] = {}
        self.discovery.mkdir(parents=True)

    def start_workers(self, roles: Sequence[str]) -> list[WorkerProcess]:
        """Starts one mocker process per role, all at once, and waits until every one has registered."""
        ports = free_ports(len(roles))
        names = [self._next_name(role) for role in roles]
        children = [self._start_mocker(n, r, p) for n, r, p in zip(names, roles, ports)]
        ids = wait_until(f"workers {', '.join(names)} in discovery", lambda: self._ids_of(ports), WORKER_SECONDS)
        started = [WorkerProcess(n, r, i, c) for n, r, i, c in zip(names, roles, ids, children)]
        self.workers += started
        return started

    def stop_worker(self, worker: WorkerProcess, number: int = signal.SIGTERM) -> None:
        """Ends one worker: SIGTERM lets it leave discovery, SIGKILL is a crash."""
        self.children.stop(worker.child, number)
        self.workers.remove(worker)

    def _next_name(self, role: str) -> str:
        self._names[role] = self._names.get(role, 0) + 1
        return f"{SHORT_NAMES[role]}{self._names[role]}"

    def _ids_of(self, ports: Sequence[int]) -> list[str] | None:
        self.children.require_all_alive()
        ids = discovery.worker_ids_by_port(self.discovery)
        return [ids[p] for p in ports] if all(p in ids for p in ports) else None

    def _start_mocker(self, name: str, role: str, port: int) -> Child:
        component = "prefill" if role == PREFILL else "backend"
        command = [
            self.parts.python, "-m", "dynamo.mocker", "--model-path", self.parts.model, "--model-name", self.parts.model_name,
            "--endpoint", f"dyn://{NAMESPACE}.{component}.generate", "--block-size", str(self.settings.block_size),
            "--num-gpu-blocks-override", str(self.settings.gpu_blocks), "--max-model-len", str(self.settings.context_tokens),
            "--speedup-ratio", f"{self.settings.speedup:g}",
        ]
        if role != AGGREGATED:
            command += ["--disaggregation-mode", role.lower()]
        return self.start(f"worker-{name}", command, {"DYN_TCP_RPC_PORT": str(port)})

    def start(self, name: str, command: Sequence[str], more: Mapping[str, str] | None = None) -> Child:
        """Starts a Dynamo process, or another one that wants their environment; does not wait."""
        environment = {**self.environment(), **(more or {})}
        return self.children.add(Child(name, command, self.folder / f"{name}.log", environment))

    def environment(self) -> dict[str, str]:
        """Returns the environment of every Dynamo process of this stack."""
        return dynamo_environment(self.discovery)

    def start_frontend(self) -> None:
        """Starts the frontend in Direct mode and waits until it lists the model."""
        self.frontend_port, = free_ports(1)
        self.start("frontend", [
            self.parts.python, "-m", "dynamo.frontend", "--router-mode", "direct", "--http-host", "127.0.0.1",
            "--http-port", str(self.frontend_port), "--namespace", NAMESPACE])
        wait_until(f"the frontend lists {self.parts.model_name}", self._frontend_lists_model, FRONTEND_SECONDS)

    def _frontend_lists_model(self) -> bool:
        self.children.require_all_alive()
        models = rest.get_json(self.frontend_port, "/v1/models") or {}
        return any(m["id"] == self.parts.model_name for m in models.get("data", ()))

    def start_kv_epp(self, binary: Path, environment: Mapping[str, str]) -> None:
        """Starts kv-epp and waits until it is ready and knows every worker and the model."""
        self.epp_port, self.epp_health_port, self.epp_admin_port = free_ports(3)
        child = Child("kv-epp", [
            str(binary), "--host", "127.0.0.1", "--port", str(self.epp_port), "--health-port", str(self.epp_health_port),
            "--admin-port", str(self.epp_admin_port), "--drain-propagation", "0s",
            "--discovery-backend", "file", "--file-kv", str(self.discovery), "--namespace", NAMESPACE, "--frontend-endpoint", f"127.0.0.1:{self.frontend_port}",
        ], self.folder / "kv-epp.log", environment)
        self.children.add(child)
        try:
            wait_until(f"kv-epp is ready with all workers and {self.parts.model_name}", self._kv_epp_is_ready, KV_EPP_SECONDS)
        except DeadlineExceeded as e:
            raise DemoError(f"{e}; /readyz says: {self._readiness()}") from e

    def _readiness(self) -> str:
        try:
            return " ".join(rest.get(self.epp_admin_port, "/readyz")[1].decode(errors="replace").split())
        except OSError as e:
            return str(e)

    def _kv_epp_is_ready(self) -> bool:
        self.children.require_all_alive()
        if not rest.is_ok(self.epp_admin_port, "/readyz"):
            return False
        state = rest.get_json(self.epp_admin_port, "/workers") or {}
        for model in state.get("models", ()):
            if model["name"] == self.parts.model_name and model["state"] == "failed":
                raise DemoError(f"kv-epp cannot serve {model['name']}: {model.get('reason')}")
        return all_known(state, {w.worker_id for w in self.workers}, self.parts.model_name)

    def start_envoy(self, template: Path) -> None:
        """Starts Envoy with a rendered template and waits until it is ready."""
        self.envoy_port, self.envoy_admin_port = free_ports(2)
        config = self.folder / "envoy.yaml"
        config.write_text(envoy_config.render(template.read_text(), {
            "LISTEN_PORT": self.envoy_port, "ADMIN_PORT": self.envoy_admin_port, "EPP_PORT": self.epp_port,
            "WORKER_ENDPOINTS": json.dumps(envoy_config.endpoints([f"127.0.0.1:{self.frontend_port}"])),
            "ACCESS_LOG": json.dumps(str(self.folder / "envoy-access.log")),
        }))
        self.start("envoy", [self.parts.envoy, "-c", str(config), "--disable-hot-restart", "--concurrency", "1",
                              "--file-flush-interval-msec", "200", "-l", "warning"])
        wait_until("Envoy is ready", self._envoy_is_ready, ENVOY_SECONDS)

    def _envoy_is_ready(self) -> bool:
        self.children.require_all_alive()
        return rest.is_ok(self.envoy_admin_port, "/ready")

    def start_tap(self) -> Tap:
        """Starts an event tap and waits until it is connected to every KV event channel that exists."""
        tap = Tap(self.parts.python, self.discovery, self.folder / "tap.log", self.environment())
        self.children.add(tap.child)
        wait_until("the event tap is connected", lambda: self._tap_is_connected(tap), TAP_SECONDS)
        return tap

    def _tap_is_connected(self, tap: Tap) -> bool:
        self.children.require_all_alive()
        return tap.log.connected() == discovery.kv_event_channels(self.discovery)

    def close(self) -> None:
        """Ends every process of the stack; safe to call twice."""
        self.children.close()


def all_known(state: Mapping[str, object], worker_ids: set[str], model: str) -> bool:
    """Tells whether kv-epp's `/workers` shows every worker and the model as ready."""
    known = {str(w["workerId"]) for w in state.get("workers", ())}  # type: ignore[attr-defined]
    ready = {m["name"] for m in state.get("models", ()) if m["state"] == "ready"}  # type: ignore[attr-defined]
    return bool(state.get("ready")) and worker_ids <= known and model in ready
