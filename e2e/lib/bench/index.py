"""Measures kv-epp's KV index beside CRTC, the compressed concurrent radix tree of Dynamo's router (crate dynamo-kv-router).

Workload: each 512-token id of a trace in Mooncake's format becomes 4 blocks of 128 tokens; every request looks its prompt
up, goes to a random worker, which stores what it lacks and evicts its least recently used blocks, leaves first. It is made
once, seeded, into a file that both sides read. Without options of the workload's own, three settings are measured, each also
with external hashes private to every worker; the last line is then about the first. Private rows compare with CRTC on the
same requests with shared hashes: it rejects most of the events of private ones.

- apply: millions of blocks stored and removed per second. CRTC: until its event threads have drained their queues; kv-epp:
  one writer, called directly, however many event threads CRTC has
- lookup: microseconds once everything is applied. busy: the same while a reader loops during the whole apply
- mixed: millions of blocks in one pass of lookups beside one apply
- bytes: per block and worker that holds it, at the end; and after the trace was repeated over 14 or more disjoint contents
  at the same cache size (churn: blocks stored over blocks held). kv-epp: heap after full collections, plus off heap. CRTC:
  the smaller of glibc's own count and resident memory after a trim
- matched: blocks found by all requests on all workers, each request before its own events; the exact count is a plain
  model's, kept while the workload is made. The exit status is 1 when kv-epp differs from it, or CRTC does where it is sound
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ..conversations import TRACE
from ..errors import DemoError
from ..install import cache_folder
from .frame import Bench, Outcome
from .index_figures import Setting, figures, misses, wrong
from .index_report import Miscount, say_miscounts, say_probes, say_results
from .index_sides import Sides, Workloads, measure

TITLE = "the KV index beside that of Dynamo's router: apply, lookups, memory, exactness"

SETTINGS = (Setting(16, 16384, 1), Setting(128, 16384, 5), Setting(1024, 4096, 3))
HOLES = 4  # of the run with restored holes: one in every so many prompts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what can be chosen."""
    parser.add_argument("--trace", type=Path, default=TRACE, help="requests in Mooncake's format (default: the bundled ones)")
    parser.add_argument("--workers", type=whole(1, 4096), metavar="N", help="workers that share the requests")
    parser.add_argument("--blocks-per-worker", type=whole(1, 1 << 24), metavar="N", help="size of each worker's cache")
    parser.add_argument("--copies", type=whole(1, 1 << 16), metavar="N", help="times the trace is repeated over disjoint contents")
    parser.add_argument("--private-hashes", action="store_true", help="every worker has external hashes of its own")
    parser.add_argument("--eviction", choices=("leaf-first", "root-first"), help="which end of a prompt is evicted first")
    parser.add_argument("--holes", type=whole(0, 1 << 30), metavar="N",
                        help="of every N-th prompt one inner block is evicted early; 0: never")
    parser.add_argument("--event-threads", type=whole(1, 256), metavar="N", default=1,
                        help="event threads of CRTC (default: %(default)s)")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Returns the reader of a whole number within bounds."""
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} (expected: a whole number from {least} to {most})")
        return int(text)
    return read


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Measures the settings chosen and prints what came out."""
    chosen = settings(options)
    require_trace(options.trace)
    sides = Sides(bench, options.event_threads)
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-index-", dir=_cache()) as folder:
        workloads = Workloads(bench, options.trace, options.seed, Path(folder))
        for _, group in groupby(chosen, lambda setting: replace(setting, private_hashes=False)):
            results += measure(list(group), sides, workloads, options.runs)
        miscounts = [Miscount(r.setting, r.ours.check, r.crtc.check) for r in results]
        miscounts += [Miscount(s, *sides.check(workloads.make(s))) for s in further(chosen)]
        probes, orders = workloads.make_probes()
        counted_probes = sides.check(probes)
    say_miscounts(miscounts)
    say_probes(orders, *counted_probes)
    say_results(results)
    rows = {r.setting: figures(r.setting, options.event_threads, r.ours, r.crtc) for r in results}
    missed = [miss for setting, row in rows.items() for miss in misses(setting, options.event_threads, row)]
    return Outcome(rows[chosen[0]], missed,
                   failures=[problem for m in miscounts if (problem := wrong(m.setting, m.ours, m.crtc))])


def settings(options: argparse.Namespace) -> list[Setting]:
    """Returns the one setting that the options describe; without any, the three usual ones, shared and private."""
    first = SETTINGS[0]
    given = {"workers": options.workers, "blocks_per_worker": options.blocks_per_worker, "copies": options.copies,
             "private_hashes": options.private_hashes or None, "eviction": options.eviction, "holes": options.holes}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return [replace(setting, private_hashes=private) for setting in SETTINGS for private in (False, True)]
    return [replace(first, **given)]


def further(chosen: Sequence[Setting]) -> list[Setting]:
    """Returns what is only counted: where CRTC is known to miscount, for the first setting and one copy of the trace."""
    base = replace(chosen[0], copies=1, private_hashes=False, eviction="leaf-first", holes=0)
    kinds = (replace(base, eviction="root-first"), replace(base, holes=HOLES), replace(base, private_hashes=True))
    return [kind for kind in kinds if kind not in chosen]


def require_trace(trace: Path) -> None:
    """Raises DemoError when there is no such file."""
    if not trace.is_file():
        raise DemoError(f"--trace: {trace} (expected: a file)")


def _cache() -> Path:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
