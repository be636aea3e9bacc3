"""Builds kv-epp when it is missing or older than its sources."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from .commands import Command, run_command
from .errors import DemoError

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BINARY = REPOSITORY / "target" / "kv-epp" / "bin" / "kv-epp"
JAVA_MAJOR_MIN = 25
COMPLAINTS_MAX = 15
JVM_FOLDERS = (Path("/usr/lib/jvm"), Path("/opt/java"), Path.home() / ".sdkman" / "candidates" / "java")


def java_home() -> Path:
    """Returns a JDK 25 or newer: `$JAVA_HOME`, the one on the path, or one in the usual folders."""
    for home in _candidates():
        if _major(home) >= JAVA_MAJOR_MIN and (home / "bin" / "javac").exists():
            return home
    raise DemoError(f"no JDK {JAVA_MAJOR_MIN} found (looked at JAVA_HOME, the javac on the path and "
                    f"{', '.join(map(str, JVM_FOLDERS))}); install one, e.g. Eclipse Temurin {JAVA_MAJOR_MIN}, or set JAVA_HOME")


def _candidates() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    javac = shutil.which("javac")
    if javac:
        yield Path(os.path.realpath(javac)).parent.parent
    for folder in JVM_FOLDERS:
        if folder.is_dir():
            yield from sorted(folder.iterdir())


def _major(home: Path) -> int:
    try:
        found = re.search(r'^JAVA_VERSION="(\d+)', (home / "release").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def environment(home: Path) -> dict[str, str]:
    """Returns this process's environment with the chosen JDK in front."""
    return {**os.environ, "JAVA_HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def ensure_built(home: Path) -> Path:
    """Returns the start script of kv-epp, building it first if needed."""
    if needs_build(BINARY, _sources()):
        run_command(Command(
            "build kv-epp (./mvnw package)", (str(REPOSITORY / "mvnw"), "-B", "-DskipTests", "package"),
            "run ./mvnw package by hand for the whole output", REPOSITORY, environment(home), compiler_lines))
        if not BINARY.exists():
            raise DemoError(f"the build made no {BINARY}")
        os.utime(BINARY)  # Maven leaves an unchanged script alone, and its age decides about the next build
    return BINARY


def compiler_lines(output: str) -> str:
    """Returns Maven's first complaints: those about sources, else all errors."""
    complaints = [line for line in output.splitlines() if line.startswith(("[ERROR]", "[WARNING]"))]
    chosen = [line for line in complaints if ".java:" in line] or [line for line in complaints if line.startswith("[ERROR]")]
    return "\n".join("    " + line for line in chosen[:COMPLAINTS_MAX])


def needs_build(binary: Path, sources: Iterator[Path]) -> bool:
    """Tells whether the binary is missing or some source is newer."""
    try:
        built = binary.stat().st_mtime
    except FileNotFoundError:
        return True
    return any(source.stat().st_mtime > built for source in sources)


def _sources() -> Iterator[Path]:
    yield REPOSITORY / "pom.xml"
    yield from (p for p in (REPOSITORY / "src" / "main").rglob("*") if p.is_file())
