"""What every benchmark shares: building both sides, running them, and the last line."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..build import REPOSITORY, compiler_lines, environment
from ..commands import Command, run_command
from ..console import say
from ..errors import DemoError, last_lines
from ..install import cache_folder
from ..kubernetes.go import find_go

PEERS = REPOSITORY / "e2e" / "peers"
JAVA_FLAGS = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
              "-Dlogback.configurationFile=io/kvepp/bench/logback.xml")  # without it everything is logged among the answers
# The JVM flags that kv-epp itself runs with, for drivers whose figures depend on the collector or the layout of objects.
PRODUCT_FLAGS = (f"@{REPOSITORY / 'src' / 'main' / 'dist' / 'lib' / 'jvm.options'}",)
# For drivers that weigh what is in use: a collection that runs beside them would not have taken all garbage in time.
WHOLE_COLLECTIONS_FLAG = "-XX:-ExplicitGCInvokesConcurrent"
RUN_SECONDS_MAX = 1800

LARGE_INDEX_FLAGS = ("-XX:+UseTransparentHugePages", "-XX:G1HeapRegionSize=2m")  # as README recommends for large indexes
MANY_EVENTS_FLAGS = ("-Xmn64m",)  # as README recommends for millions of blocks a second


@dataclass(frozen=True)
class Outcome:
    """The figures of one benchmark, flat, and the targets it missed, each as a readable sentence.

    `failures` say what is wrong with the results themselves; when None, `equal` among the figures decides.
    """

    figures: Mapping[str, object]
    targets_missed: Sequence[str] = field(default_factory=tuple)
    failures: Sequence[str] | None = None

    @property
    def failed(self) -> bool:
        """Tells whether the figures mean nothing because the results are wrong."""
        return not self.figures.get("equal", True) if self.failures is None else bool(self.failures)


class Bench:
    """Builds and runs the two sides of one benchmark. Confined to one thread."""

    def __init__(self, name: str, java_home: Path) -> None:
        self._name = name
        self._java_home = java_home
        self._class_path: str | None = None

    def java(self, main_class: str, arguments: Sequence[str], flags: Sequence[str] = ()) -> str:
        """Runs a driver of `src/jmh/java` to its end and returns its standard output."""
        return self.output(self.java_command(main_class, arguments, flags))

    def java_command(self, main_class: str, arguments: Sequence[str], flags: Sequence[str] = ()) -> tuple[str, ...]:
        """The command line of a driver of `src/jmh/java`, which is compiled first."""
        if self._class_path is None:
            self._class_path = self._compile()
        return (str(self._java_home / "bin" / "java"), *JAVA_FLAGS, *flags, "-cp", self._class_path, main_class, *arguments)

    def rust(self, peer: str) -> Path:
        """Builds `e2e/peers/PEER` at full speed, exactly as locked, and returns its program."""
        target = cache_folder() / "peers" / peer
        run_command(Command(
            f"build the peer {peer} (cargo, release)",
            ("cargo", "build", "--release", "--locked", "--quiet"),
            "install Rust (rustup) with cargo on the path; crates come from crates.io",
            PEERS / peer,
            {**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": "-C target-cpu=native"}), measured=target)
        return target / "release" / peer

    @staticmethod
    def go(peer: str) -> Path:
        """Builds `e2e/peers/PEER` exactly as locked and returns its program."""
        target = cache_folder() / "peers" / peer / peer
        target.parent.mkdir(parents=True, exist_ok=True)
        run_command(Command(
            f"build the peer {peer} (go)",
            (find_go(), "build", "-trimpath", "-mod=readonly", "-o", str(target), "."),
            "check the connection to the Go module proxy (GOPROXY applies)",
            PEERS / peer,
            {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}), measured=target.parent)
        return target

    @staticmethod
    def output(arguments: Sequence[str], extra_environment: Mapping[str, str] | None = None) -> str:
        """Runs a program to its end; its progress on standard error is passed on. Returns its standard output."""
        try:
            done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, timeout=RUN_SECONDS_MAX, check=False,
                                  env={**os.environ, **(extra_environment or {})})
        except subprocess.TimeoutExpired:
            raise DemoError(f"{arguments[0]}: still running after {RUN_SECONDS_MAX} s") from None
        if done.returncode != 0:
            raise DemoError(f"{arguments[0]} failed with status {done.returncode}; from its output:\n"
                            f"{last_lines(done.stdout)}")
        return done.stdout

    def _compile(self) -> str:
        path_file = REPOSITORY / "target" / "bench.classpath"
        run_command(Command(
            "compile kv-epp and its benchmarks (./mvnw test-compile)",
            (str(REPOSITORY / "mvnw"), "-B", "-ntp", "test-compile", "dependency:build-classpath",
             "-Dmdep.includeScope=test", f"-Dmdep.outputFile={path_file}"),
            "run ./mvnw test-compile by hand for the whole output", REPOSITORY, environment(self._java_home), compiler_lines))
        classes = (REPOSITORY / "target" / "test-classes", REPOSITORY / "target" / "classes")
        return os.pathsep.join([*map(str, classes), path_file.read_text().strip()])

    def say_last_line(self, outcome: Outcome, seed: int, runs: int) -> None:
        """Prints the one flat JSON object that ends every benchmark."""
        say(json.dumps({
            "bench": self._name,
            **outcome.figures,
            "commit": _commit(),
            "cpus": os.cpu_count(),
            "jdk": _jdk(self._java_home),
            "machine": platform.machine(),
            "seed": seed,
            "runs": runs,
            "targets_missed": list(outcome.targets_missed),
        }))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table: the first column to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        say("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip())


def _commit() -> str:
    """The commit that is measured, with `+` when files differ from it; `unknown` outside a checkout."""
    def git(*arguments: str) -> str:
        return subprocess.run(("git", "-C", str(REPOSITORY), *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True).stdout.strip()
    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _jdk(java_home: Path) -> str:
    for line in (java_home / "release").read_text().splitlines():
        if line.startswith("JAVA_RUNTIME_VERSION="):
            return line.split("=", 1)[1].strip('"')
    return "unknown"
