"""Programs and files out of Go modules: fetched by name and version, checked by Go itself, built without cgo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..commands import Command, run_command
from ..errors import DemoError, last_lines

FETCH_SECONDS = 600
INSTALLED_GO = Path("/usr/local/go/bin/go")


class GoMissing(DemoError):
    """This machine has no Go."""


@dataclass(frozen=True)
class Program:
    """A main package of a module. `values` are string variables of the program that the linker sets."""

    name: str
    package: str
    values: Mapping[str, str]


def find_go() -> str:
    """Returns the go command of the PATH, else that of Go's own installation."""
    found = shutil.which("go")
    if found is None and os.access(INSTALLED_GO, os.X_OK):
        found = str(INSTALLED_GO)
    if found is None:
        raise GoMissing("go is not installed (expected: Go 1.24 or newer on the PATH, from go.dev or a package)")
    return found


def module_folder(module: str, version: str, folder: Path) -> Path:
    """Returns where Go keeps the files of a module, which are fetched once."""
    try:
        done = subprocess.run([find_go(), "mod", "download", "-json", f"{module}@{version}"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCH_SECONDS,
                              env=_environment(), check=False)
        if done.returncode != 0:
            raise DemoError(f"go mod download {module}@{version} failed with status {done.returncode}; the end of its output:\n"
                            f"{last_lines(done.stdout + done.stderr)}")
        return Path(json.loads(done.stdout)["Dir"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as e:
        raise DemoError(f"go mod download {module}@{version}: {e}") from e


def write_module(folder: Path, lines: Sequence[str], checksums: Path | None = None) -> None:
    """Makes a folder the module that its programs are built in; `checksums` is the go.sum to start from."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text("\n".join(lines) + "\n")
    if checksums is not None:
        (folder / "go.sum").write_bytes(checksums.read_bytes())


def build_program(program: Program, module: Path, target: Path) -> None:
    """Builds one program in a folder that `write_module` made."""
    _compile(program.name, ("build",), program, module, target)


def build_test(program: Program, module: Path, target: Path) -> None:
    """Builds the tests of a package as one program."""
    _compile(program.name, ("test", "-c"), program, module, target)


def _compile(name: str, verb: tuple[str, ...], program: Program, module: Path, target: Path) -> None:
    flags = " ".join(["-s", "-w", *(f"-X {key}={value}" for key, value in program.values.items())])
    run_command(Command(
        f"build {name}", (find_go(), *verb, "-trimpath", "-ldflags", flags, "-o", str(target), program.package),
        "check the connection to the Go module proxy (GOPROXY applies), the memory (2.5 GiB) and the disk (12 GiB)",
        folder=module, environment=_environment()))


def _environment() -> dict[str, str]:
    flags = f"{os.environ.get('GOFLAGS', '')} -buildvcs=false -mod=mod".strip()
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": flags}
