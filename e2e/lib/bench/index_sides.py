"""The two sides of `e2e/bench index`, and the workload files that both read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ..console import note, step
from .frame import LARGE_INDEX_FLAGS, PRODUCT_FLAGS, WHOLE_COLLECTIONS_FLAG, Bench
from .index_figures import Answer, Setting, Side, apply_mblocks_s
from .resident import Resident

DRIVER = "io.kvepp.kvcache.bench.IndexDriver"
MAKER = "io.kvepp.kvcache.bench.WorkloadMaker"
CHURN_COPIES_MIN = 14
JAVA_HEAP = "-Xmx3g"


@dataclass(frozen=True)
class Workloads:
    """Makes workload files of one trace in a folder; the maker complains about a bad trace."""

    bench: Bench
    trace: Path
    seed: int
    folder: Path

    def make(self, setting: Setting, queries: bool = True) -> Path:
        """Returns the file of a setting; without `queries` nothing in it looks up."""
        file = self.folder / f"{str(setting).replace(' ', '-').replace(',', '')}{'' if queries else '-churn'}"
        if not file.exists():
            with step(f"  workload {setting}"):
                self.bench.java(MAKER, (
                    str(file), f"trace={self.trace}", f"workers={setting.workers}",
                    f"blocks-per-worker={setting.blocks_per_worker}", f"copies={setting.copies}",
                    f"private-hashes={str(setting.private_hashes).lower()}", f"eviction={setting.eviction}",
                    f"holes={setting.holes}", f"queries={str(queries).lower()}", f"seed={self.seed}"), (JAVA_HEAP,))
        return file

    def make_churn(self, setting: Setting) -> Path:
        """Returns the file that stores far more in the same caches."""
        return self.make(replace(setting, copies=max(CHURN_COPIES_MIN, 3 * setting.copies)), queries=False)

    def drop(self) -> None:
        """Removes every file made so far: they are large."""
        for file in self.folder.iterdir():
            file.unlink()

    def make_probes(self) -> tuple[Path, Sequence[str]]:
        """Returns the file of short orders of events, and how each is written."""
        file = self.folder / "probes"
        return file, self.bench.java(MAKER, (str(file), "probes")).splitlines()


class Sides:
    """Starts the two sides on a workload file."""

    def __init__(self, bench: Bench, event_threads: int) -> None:
        self._bench = bench
        self._event_threads = event_threads
        self._peer = bench.rust("index")

    def kv_epp(self, workload: Path) -> Resident:
        return Resident("kv-epp", self._bench.java_command(
            DRIVER, (str(workload),), (*PRODUCT_FLAGS, *LARGE_INDEX_FLAGS, WHOLE_COLLECTIONS_FLAG, JAVA_HEAP)))

    def crtc(self, workload: Path) -> Resident:
        return Resident("CRTC", (str(self._peer), str(workload), str(self._event_threads)))

    def check(self, workload: Path) -> tuple[Answer, Answer]:
        """Returns what kv-epp and CRTC count, each against the exact counts."""
        with self.kv_epp(workload) as ours, self.crtc(workload) as crtc:
            return ours.ask("check"), crtc.ask("check")


@dataclass(frozen=True)
class Result:
    """One measured setting."""

    setting: Setting
    ours: Side
    crtc: Side


def measure(settings: Sequence[Setting], sides: Sides, workloads: Workloads, runs: int) -> list[Result]:
    """Measures settings that differ at most in `private_hashes`.

    CRTC is timed and weighed with shared hashes, and checked with those of the setting.
    """
    shared = replace(settings[0], private_hashes=False)
    checks = [_check(setting, sides, workloads) for setting in settings]
    *timed, crtc_timed = _time(settings, shared, sides, workloads, runs)
    weighed = [_weigh(setting, sides.kv_epp, workloads) for setting in settings]
    crtc_weighed = _weigh(shared, sides.crtc, workloads)
    workloads.drop()
    return [Result(setting, Side(timed[i], *weighed[i], checks[i][0]), Side(crtc_timed, *crtc_weighed, checks[i][1]))
            for i, setting in enumerate(settings)]


def _check(setting: Setting, sides: Sides, workloads: Workloads) -> tuple[Answer, Answer]:
    workload = workloads.make(setting)
    with step(f"  counts {setting}"):
        return sides.check(workload)


def _time(settings: Sequence[Setting], shared: Setting, sides: Sides, workloads: Workloads, runs: int) -> list[list[Answer]]:
    """Lets kv-epp with each setting, then CRTC, take turns run by run; returns the answers of each."""
    answers: list[list[Answer]] = [[] for _ in (*settings, shared)]
    with ExitStack() as stack:
        ours = [stack.enter_context(sides.kv_epp(workloads.make(setting))) for setting in settings]
        crtc = stack.enter_context(sides.crtc(workloads.make(shared)))
        for setting, driver in zip(settings, ours):
            with step(f"  warm up {setting}"):
                driver.ask("warm")
        crtc.ask("run")
        for run in range(1, runs + 1):
            for driver, taken in zip((*ours, crtc), answers):
                taken.append(driver.ask("run"))
            rates = " / ".join(f"{apply_mblocks_s(taken[-1]):.1f}" for taken in answers)
            note(f"  run {run} of {runs}: apply {rates} M blocks/s ({', '.join(map(str, settings))}, CRTC)")
    return answers


def _weigh(setting: Setting, start: Callable[[Path], Resident], workloads: Workloads) -> tuple[Answer, Answer]:
    """Returns the memory of one side at the end of a workload, without and with churn."""
    def memory(workload: Path) -> Answer:
        with start(workload) as driver:
            return driver.ask("memory")
    plain, churned = workloads.make(setting), workloads.make_churn(setting)
    with step(f"  memory {setting}"):
        return memory(plain), memory(churned)
