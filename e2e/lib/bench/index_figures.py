"""What the runs of `e2e/bench index` mean: medians, ratios and the targets they are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

APPLY_SPEEDUP_MIN = 2.5
PRIVATE_APPLY_SPEEDUP_MIN = 1.5
MIXED_SPEEDUP_MIN = 1.8
BUSY_P99_RATIO_MAX = 2.0
LOOKUP_RATIO_MAX = 0.3
MANY_WORKERS = 1024
MANY_WORKERS_LOOKUP_RATIO_MAX = 0.1
BYTES_MAX = 40
PRIVATE_BYTES_MAX = 48

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """One row of the table: how many workers, how large their caches, how often the trace is repeated."""

    workers: int
    blocks_per_worker: int
    copies: int
    private_hashes: bool = False
    eviction: str = "leaf-first"
    holes: int = 0

    def __str__(self) -> str:
        words = [f"{self.workers:,} x {self.blocks_per_worker:,} x{self.copies}"]
        words += ["private"] if self.private_hashes else []
        words += [self.eviction] if self.eviction != "leaf-first" else []
        words += [f"holes {self.holes}"] if self.holes else []
        return " ".join(words)

    @property
    def followed_by_crtc(self) -> bool:
        """Tells whether CRTC counts such a workload exactly, so that a difference is a fault of this benchmark."""
        return not self.private_hashes and not self.holes and self.eviction == "leaf-first"


@dataclass(frozen=True)
class Spread:
    """The median of some runs, and the least and most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.least:.1f}-{self.most:.1f})"


@dataclass(frozen=True)
class Side:
    """What one side answered: its timed runs, its memory with and without churn, its check."""

    runs: Sequence[Answer]
    memory: Answer
    churned: Answer
    check: Answer

    def spread(self, figure: Callable[[Answer], float]) -> Spread:
        """Returns the spread of a figure over the runs."""
        return Spread.of([figure(run) for run in self.runs])

    def median(self, figure: Callable[[Answer], float]) -> float:
        """Returns the median of a figure over the runs."""
        return self.spread(figure).median


def apply_mblocks_s(run: Answer) -> float:
    """Returns blocks stored and removed per second, in millions."""
    return float(run["event_blocks"] / run["apply_seconds"] / 1e6)


def mixed_mops_s(run: Answer) -> float:
    """Returns blocks looked up, stored and removed per second, in millions, in one pass of each side by side."""
    return float((run["event_blocks"] + run["query_blocks"]) / run["mixed_seconds"] / 1e6)


def lookup(phase: str, percentile: str) -> Callable[[Answer], float]:
    """Returns the figure that is one percentile of the lookups of one phase, in microseconds."""
    return lambda run: float(run[phase][f"{percentile}_us"])


def bytes_per_block(memory: Answer, key: str = "bytes") -> float:
    """Returns bytes per block, a block counted once for each worker that holds it."""
    return float(memory[key] / memory["owner_blocks"])


def figures(setting: Setting, event_threads: int, ours: Side, crtc: Side) -> dict[str, object]:
    """Returns the flat figures of one setting."""
    p50, p99 = lookup("idle", "p50"), lookup("idle", "p99")
    return {
        "workers": setting.workers,
        "blocks_per_worker": setting.blocks_per_worker,
        "event_threads": event_threads,
        "churn": round(ours.churned["stored_blocks"] / ours.churned["owner_blocks"], 1),
        "equal": ours.check["matched"] == crtc.check["matched"],
        "apply_mblocks_s": round(ours.median(apply_mblocks_s), 2),
        "crtc_apply_mblocks_s": round(crtc.median(apply_mblocks_s), 2),
        "apply_speedup": round(ours.median(apply_mblocks_s) / crtc.median(apply_mblocks_s), 2),
        "mixed_mops_s": round(ours.median(mixed_mops_s), 2),
        "mixed_speedup": round(ours.median(mixed_mops_s) / crtc.median(mixed_mops_s), 2),
        "lookup_p50_us": round(ours.median(p50), 3),
        "lookup_p99_us": round(ours.median(p99), 3),
        "lookup_p50_ratio": round(ours.median(p50) / crtc.median(p50), 3),
        "lookup_p99_ratio": round(ours.median(p99) / crtc.median(p99), 3),
        "busy_p99_ratio": round(ours.median(lookup("busy", "p99")) / ours.median(p99), 2),
        "bytes_per_block": round(bytes_per_block(ours.memory), 1),
        "churn_bytes_per_block": round(bytes_per_block(ours.churned), 1),
        "matched_blocks": ours.check["matched"],
        "crtc_matched_blocks": crtc.check["matched"],
    }


def misses(setting: Setting, event_threads: int, row: Mapping[str, Any]) -> list[str]:
    """Returns the targets that a setting's figures miss, each as a readable sentence."""
    private, many = setting.private_hashes, setting.workers >= MANY_WORKERS
    at_least: list[tuple[str, float]] = [("mixed_speedup", MIXED_SPEEDUP_MIN)]
    if event_threads == 1:
        at_least.append(("apply_speedup", PRIVATE_APPLY_SPEEDUP_MIN if private else APPLY_SPEEDUP_MIN))
    lookup_max = MANY_WORKERS_LOOKUP_RATIO_MAX if many else LOOKUP_RATIO_MAX
    bytes_max = PRIVATE_BYTES_MAX if private else BYTES_MAX
    at_most = [("lookup_p50_ratio", lookup_max), ("lookup_p99_ratio", lookup_max), ("busy_p99_ratio", BUSY_P99_RATIO_MAX),
               ("bytes_per_block", bytes_max), ("churn_bytes_per_block", bytes_max)]
    return ([f"{setting}: {name} {row[name]} (target: at least {least})" for name, least in at_least if row[name] < least]
            + [f"{setting}: {name} {row[name]} (target: at most {most})" for name, most in at_most if row[name] > most])


def wrong(setting: Setting, check: Answer, crtc_check: Answer) -> str | None:
    """Returns what disqualifies the measurement: kv-epp miscounts, or CRTC does where it should not."""
    if check["over_pairs"] or check["under_pairs"]:
        return (f"{setting}: kv-epp counts {check['over_pairs']} (request, worker) pairs too high and {check['under_pairs']} too "
                f"low; the first as [request, worker, exact, counted]: {check['wrong'][:1]}")
    if setting.followed_by_crtc and crtc_check["matched"] != check["matched"]:
        return f"{setting}: CRTC matched {crtc_check['matched']} blocks, kv-epp {check['matched']}"
    return None
