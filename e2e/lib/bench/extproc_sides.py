"""The pickers and gateways of `e2e/bench extproc`: how they are started, and what they take of the machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .. import envoy_config, rest
from ..build import environment, java_home
from ..errors import DemoError
from ..install import Parts
from ..ports import free_ports
from ..processes import Child, Children
from ..stack import NAMESPACE
from ..waiting import wait_until

WORKERS = 4
BLOCK_TOKENS = 16
CONTEXT_TOKENS = 4 << 20
KV_BLOCKS = 1 << 16
START_SECONDS = 60.0
# The file store counts an entry as dead that nobody touches.
TOUCH_SECONDS = 2.0


class Side:
    """A picker: its name, its port, and what its process uses. Confined to one thread."""

    def __init__(self, name: str, port: int, child: Child, children: Children) -> None:
        self.name = name
        self.port = port
        self._child = child
        self._children = children

    @staticmethod
    def printing(name: str, command: Sequence[str], folder: Path) -> Side:
        """Starts a picker that prints `ready PORT`."""
        children = Children()
        child = children.add(Child(name, command, folder / f"{name}.log", os.environ))
        return Side(name, wait_until(f"{name} is ready", lambda: _printed_port(child), START_SECONDS), child, children)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._child.popen.pid

    def processor_seconds(self) -> float:
        """Returns the processor time it has taken so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        """Returns the memory it holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise DemoError(f"{self.name}: its status tells no VmRSS")

    def __enter__(self) -> Side:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._children.close()


def _printed_port(child: Child) -> int | None:
    child.require_alive()
    words = child.log.read_text(errors="replace").split()
    return int(words[words.index("ready") + 1]) if "ready" in words[:-1] else None


class KvEpp:
    """kv-epp with announced workers. Use it in a `with` statement, on the main thread."""

    def __init__(self, binary: Path, parts: Parts, folder: Path, upstream: int, *, tls: bool) -> None:
        self._store = Store(folder / "discovery", parts)
        self._children = Children()
        port, health, admin = free_ports(3)
        child = self._children.add(Child("kv-epp", [
            str(binary), "--host", "127.0.0.1", "--port", str(port), "--health-port", str(health), "--admin-port", str(admin),
            "--drain-propagation", "0s", "--discovery-backend", "file", "--file-kv", str(self._store.folder),
            "--namespace", NAMESPACE, "--frontend-endpoint", f"127.0.0.1:{upstream}", "--use-kv-events", "false",
            "--secure-serving", str(tls).lower(), "--log-level", "warn",
        ], folder / "kv-epp.log", environment(java_home())))
        self.side = Side("kv-epp", port, child, self._children)
        self._admin = admin

    def _is_ready(self) -> bool:
        self._children.require_all_alive()
        state = rest.get_json(self._admin, "/workers") or {}
        return rest.is_ok(self._admin, "/readyz") and len(state.get("workers", ())) == WORKERS

    def __enter__(self) -> KvEpp:
        self._store.start()
        wait_until("kv-epp is ready", self._is_ready, START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._children.close()
        self._store.close()


class Store:
    """Workers in Dynamo's file store that nobody runs, kept alive by a thread of its own."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self.folder = folder
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._touch, daemon=True)
        for bucket in ("instances", "mdc"):
            (folder / "v1" / bucket).mkdir(parents=True)
        for number in range(1, WORKERS + 1):
            worker = number << 32
            name = f"{NAMESPACE}%2Fbackend%2Fgenerate%2F{worker:x}"
            place = {"namespace": NAMESPACE, "component": "backend", "endpoint": "generate", "instance_id": worker}
            (folder / "v1" / "instances" / name).write_text(json.dumps({
                "type": "Endpoint", **place, "transport": {"tcp": f"127.0.0.1:1/{worker:x}/{NAMESPACE}/backend/generate"}}))
            (folder / "v1" / "mdc" / name).write_text(json.dumps({"type": "Model", **place, "card_json": card(parts)}))

    def start(self) -> None:
        """Keeps all entries alive from now on."""
        self._thread.start()

    def close(self) -> None:
        """Lets them die."""
        self._closed.set()
        self._thread.join()

    def _touch(self) -> None:
        while not self._closed.wait(TOUCH_SECONDS):
            for entry in self.folder.glob("v1/*/*"):
                os.utime(entry)


def card(parts: Parts) -> dict[str, object]:
    """Returns the model card of every worker."""
    model = Path(parts.model)
    return {
        "display_name": parts.model_name, "kv_cache_block_size": BLOCK_TOKENS, "model_type": "Chat | Completions",
        "model_input": "Tokens", "worker_type": "aggregated", "context_length": CONTEXT_TOKENS,
        "model_info": {"hf_config_json": {"path": str(model / "config.json")}},
        "tokenizer": {"hf_tokenizer_json": {"path": str(model / "tokenizer.json")}},
        "prompt_formatter": {"hf_tokenizer_config_json": {"path": str(model / "tokenizer_config.json")}},
        "runtime_config": {"context_length": CONTEXT_TOKENS, "total_kv_blocks": KV_BLOCKS, "kv_event_publishing_enabled": False},
    }


class Gateways:
    """An Envoy that asks kv-epp and one that asks nobody. Use it in a `with` statement, on the main thread."""

    def __init__(self, envoy: str, folder: Path, upstream: int, picker: int) -> None:
        self.ports: dict[str, int] = {}
        self._admins: list[int] = []
        self._children = Children()
        for name, template in (("plain", envoy_config.PLAIN), ("asking", envoy_config.DIRECT)):
            port, admin = free_ports(2)
            config = folder / f"envoy-{name}.yaml"
            config.write_text(envoy_config.render(template.read_text(), {
                "LISTEN_PORT": port, "ADMIN_PORT": admin, "EPP_PORT": picker, "ACCESS_LOG": json.dumps(os.devnull),
                "WORKER_ENDPOINTS": json.dumps(envoy_config.endpoints([f"127.0.0.1:{upstream}"]))}))
            self._children.add(Child(f"envoy-{name}", [envoy, "-c", str(config), "--disable-hot-restart", "--concurrency", "1",
                                                       "-l", "warning"], folder / f"envoy-{name}.log", os.environ))
            self.ports[name] = port
            self._admins.append(admin)

    def _are_ready(self) -> bool:
        self._children.require_all_alive()
        return all(rest.is_ok(admin, "/ready") for admin in self._admins)

    def __enter__(self) -> Gateways:
        wait_until("both Envoys are ready", self._are_ready, START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._children.close()
