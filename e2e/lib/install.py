"""Installs the pinned real parts (Envoy, Dynamo, a model directory) into a cache folder, once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from . import model_files
from .commands import Command, run_command
from .console import note
from .errors import DemoError

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
CACHE_LAYOUT = "1"
PARTS_MEBIBYTES = 400


@dataclass(frozen=True)
class Parts:
    """Where the installed parts are. Paths are absolute."""

    python: str
    envoy: str
    model: str
    model_name: str
    model_kind: str

    def as_json(self) -> dict[str, str]:
        """Returns the flat object that `e2e/install` prints."""
        return asdict(self)


def cache_folder() -> Path:
    """Returns `$KV_EPP_CACHE`, else `${XDG_CACHE_HOME:-~/.cache}/kv-epp`."""
    chosen = os.environ.get("KV_EPP_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "kv-epp"


def install() -> Parts:
    """Returns the parts, installing first what is missing. Concurrent runs wait for each other."""
    _require_platform()
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DemoError(f"cannot create {cache}: {e.strerror} (set KV_EPP_CACHE to a writable folder)") from e
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        venv = cache / f"venv-{_stamp()}"
        if not os.access(venv / "bin" / "python", os.X_OK):
            build(venv, _build_venv)
        model = model_files.ensure(cache, build)
    return Parts(str(venv / "bin" / "python"), str(_envoy_binary(venv)), str(model.folder), model.name, model.kind)


def _require_platform() -> None:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        raise DemoError(f"platform: {sys.platform} {platform.machine()} (expected: linux on x86_64 or aarch64; "
                        "Dynamo and Envoy publish no other Python packages)")


def _stamp() -> str:
    pins = f"{CACHE_LAYOUT}\n{REQUIREMENTS.read_text()}\n{platform.machine()}"
    return f"py{sys.version_info.major}.{sys.version_info.minor}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}"


def _envoy_binary(venv: Path) -> Path:
    found = sorted(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    if not found:
        raise DemoError(f"no Envoy binary below {venv} (delete that folder and run again)")
    return found[0]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other process of this machine is inside."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"waiting for another installation that holds {path} ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_leftovers(cache: Path) -> None:
    """Removes what an installation left that was killed; the lock says that no other one runs."""
    for folder in cache.glob(".*.tmp"):
        shutil.rmtree(folder, ignore_errors=True)


def build(target: Path, fill: Callable[[Path], None]) -> None:
    """Lets `fill(folder)` make a temporary folder and renames it to `target` when complete."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        fill(temporary)
        if target.exists():
            shutil.rmtree(target)
        temporary.chmod(0o755)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _build_venv(folder: Path) -> None:
    note(f"installing Dynamo and Envoy from PyPI into {folder.parent} (once; about {PARTS_MEBIBYTES} MiB, often 20-60 s)")
    run_command(Command(
        "create a Python environment", (sys.executable, "-m", "venv", str(folder)),
        "on Debian or Ubuntu: apt install python3-venv"), measured=folder)
    run_command(Command(
        "pip install -r e2e/requirements.txt",
        (str(folder / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-input",
         "--disable-pip-version-check", "--progress-bar", "off", "-r", str(REQUIREMENTS)),
        "check the connection to PyPI (pip's own proxy and index settings apply), then run again"), measured=folder)
