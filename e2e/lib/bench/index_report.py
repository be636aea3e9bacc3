"""The tables of `e2e/bench index`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..console import say
from .frame import table
from .index_figures import Answer, Setting, Side, apply_mblocks_s, bytes_per_block, lookup, mixed_mops_s
from .index_sides import Result


@dataclass(frozen=True)
class Miscount:
    """What both sides counted in one setting."""

    setting: Setting
    ours: Answer
    crtc: Answer


def say_miscounts(miscounts: Sequence[Miscount]) -> None:
    """Prints what was matched, and where it is not what a plain model matches."""
    say("Matched blocks, and (request, worker) pairs counted wrong")
    table(("workers x blocks xcopies", "exact", "kv-epp", "wrong", "CRTC", "too high", "by blocks", "too low", "by blocks"), [
        (m.setting, f"{exact(m.ours):,}", f"{m.ours['matched']:,}", f"{m.ours['over_pairs'] + m.ours['under_pairs']:,}",
         f"{m.crtc['matched']:,}", f"{m.crtc['over_pairs']:,}", f"{m.crtc['over_blocks']:,}",
         f"{m.crtc['under_pairs']:,}", f"{m.crtc['under_blocks']:,}") for m in miscounts])
    say()


def exact(check: Answer) -> int:
    """Returns how many blocks the plain model matched."""
    return int(check["matched"] - check["over_blocks"] + check["under_blocks"])


def say_probes(orders: Sequence[str], ours: Answer, crtc: Answer) -> None:
    """Prints which short orders of events lead to a wrong count.

    The lookup of order n is request 2n + 1 of the probes' workload, and three workers belong to each.
    """
    say("Orders of events, then a lookup of abcd. 0+ab: worker 0 stores a and b; 0+b>cd: c and d under b; 0-b: removes b;")
    say("capitals: the same contents under hashes of the worker's own")
    table(("events", "kv-epp", "CRTC"), [
        (events, _probe_text(number, ours), _probe_text(number, crtc)) for number, events in enumerate(orders)])
    say()


def _probe_text(number: int, check: Answer) -> str:
    found = [f"worker {worker % 3}: {counted}, exact {depth}" for request, worker, depth, counted in check["wrong"]
             if request == 2 * number + 1]
    return "; ".join(found) or "exact"


def say_results(results: Sequence[Result]) -> None:
    """Prints the timed figures and the memory of every setting."""
    say("Median (least-most) of the runs; apply and mixed in M blocks/s, times in us, memory in bytes per block and owner")
    table(("workers x blocks xcopies", "side", "apply", "mixed", "p50", "p99", "busy p50", "busy p99", "busy p99.9", "busy apply",
           "bytes", "churned", "churn"),
          [row for r in results for row in (_row(str(r.setting), "kv-epp", r.ours), _row("", "CRTC", r.crtc))])
    say("CRTC's bytes after its own sweep of empty nodes: " + "; ".join(
        f"{r.setting}: {bytes_per_block(r.crtc.memory, 'swept_bytes'):.0f}, churned "
        f"{bytes_per_block(r.crtc.churned, 'swept_bytes'):.0f}" for r in results if not r.setting.private_hashes))
    say()


def _row(setting: str, name: str, side: Side) -> Sequence[object]:
    times = [f"{side.median(lookup(phase, percentile)):.2f}" for phase, percentile in
             (("idle", "p50"), ("idle", "p99"), ("busy", "p50"), ("busy", "p99"), ("busy", "p999"))]
    busy_apply = side.median(lambda run: run["event_blocks"] / run["busy_apply_seconds"] / 1e6)
    churn = side.churned["stored_blocks"] / side.churned["owner_blocks"]
    return (setting, name, side.spread(apply_mblocks_s), side.spread(mixed_mops_s), *times, f"{busy_apply:.1f}",
            f"{bytes_per_block(side.memory):.1f}", f"{bytes_per_block(side.churned):.1f}", f"{churn:.1f}")
