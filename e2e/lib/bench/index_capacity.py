"""Fills one of kv-epp's KV indexes with very many blocks, and removes whole workers while a reader loops.

Workers hold 100,000 blocks each, in prompts of 100 blocks of which 10 begin a 64th of all prompts everywhere. After a small
index of the same kind, for the compiler, every event is timed, then lookups of prompts that somebody holds; then four
workers a run are removed one after the other, and lookups that overlap a removal are told apart. After each removal another worker
stores 100 new prompts, each timed.

- *_slowest_us: the slowest event during which the collector did not stop the process; turns that other processes had on the
  processor are in it. *_slowest_collected_us: the slowest of the others. *_processor_us: the most that an event was on a processor
- bytes_per_block: heap after full collections, plus off heap, per block and worker that holds it
- peak_resident_gib: the most memory the whole process ever had
- judged: removal_ms, peak_resident_gib, load_apply_slowest_us and after_removal_slowest_us
- wrong: lookups that did not find a whole prompt on its worker, or found one on a removed worker; the exit status is then 1
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from typing import Any

from .frame import LARGE_INDEX_FLAGS, PRODUCT_FLAGS, WHOLE_COLLECTIONS_FLAG, Bench, Outcome, table
from .index import whole

TITLE = "one KV index with 100 million blocks: load, lookups, removal of workers, memory"

DRIVER = "io.kvepp.kvcache.bench.CapacityDriver"
BLOCKS_PER_WORKER = 100_000
WORKERS_MAX = 4096
REMOVALS_PER_RUN = 4
HEAP_BYTES_PER_BLOCK = 80
REMOVAL_MS_MAX = 20
APPLY_US_MAX = 2000
RESIDENT_GIB_MAX = 12
GIB = 1 << 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what can be chosen."""
    parser.add_argument("--blocks", type=whole(BLOCKS_PER_WORKER, WORKERS_MAX * BLOCKS_PER_WORKER), default=100_000_000,
                        metavar="N", help="blocks on all workers (default: %(default)s)")


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Measures and prints what came out."""
    removals = REMOVALS_PER_RUN * options.runs
    workers = max(removals + 1, options.blocks // BLOCKS_PER_WORKER)
    heap_mebibytes = 1024 + workers * BLOCKS_PER_WORKER * HEAP_BYTES_PER_BLOCK // (1 << 20)
    answer = json.loads(bench.java(DRIVER, (str(workers), str(BLOCKS_PER_WORKER), str(removals), str(options.seed)),
                                   (*PRODUCT_FLAGS, *LARGE_INDEX_FLAGS, WHOLE_COLLECTIONS_FLAG, f"-Xmx{heap_mebibytes}m")))
    row = figures(workers, answer)
    table(("figure", "value"), list(row.items()))
    return Outcome(row, misses(row), failures=[f"{answer['wrong']} wrong lookups"] if answer["wrong"] else [])


def figures(workers: int, answer: dict[str, Any]) -> dict[str, Any]:
    """Returns the flat figures of one run."""
    return {
        "workers": workers,
        "owner_blocks": answer["owner_blocks"],
        "load_mblocks_s": round(answer["owner_blocks"] / answer["load_seconds"] / 1e6, 2),
        "load_apply_p50_us": answer["load_apply"]["p50_us"],
        "load_apply_p999_us": answer["load_apply"]["p999_us"],
        "load_apply_slowest_us": answer["load_apply_slowest_us"],
        "load_apply_slowest_collected_us": answer["load_apply_slowest_collected_us"],
        "load_apply_processor_us": answer["load_apply_processor_us"],
        "lookup_p50_us": answer["idle"]["p50_us"],
        "lookup_p99_us": answer["idle"]["p99_us"],
        "lookup_p999_us": answer["idle"]["p999_us"],
        "removals": len(answer["removal_ms"]),
        "removal_ms": round(median(answer["removal_ms"]), 2),
        "removal_slowest_ms": round(max(answer["removal_ms"]), 2),
        "removal_lookups": answer["removal_lookup"]["lookups"],
        "removal_lookup_p99_us": answer["removal_lookup"]["p99_us"],
        "removal_lookup_p999_us": answer["removal_lookup"]["p999_us"],
        "after_removal_stores": answer["after_removal"]["lookups"],
        "after_removal_p999_us": answer["after_removal"]["p999_us"],
        "after_removal_slowest_us": answer["after_removal_slowest_us"],
        "after_removal_slowest_collected_us": answer["after_removal_slowest_collected_us"],
        "after_removal_processor_us": answer["after_removal_processor_us"],
        "bytes_per_block": round(answer["bytes"] / answer["owner_blocks"], 1),
        "peak_resident_gib": round(answer["peak_resident_bytes"] / GIB, 2),
        "wrong": answer["wrong"],
    }


def misses(row: dict[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    limits = (("removal_ms", REMOVAL_MS_MAX), ("peak_resident_gib", RESIDENT_GIB_MAX),
              ("load_apply_slowest_us", APPLY_US_MAX), ("after_removal_slowest_us", APPLY_US_MAX))
    return [f"{name} {row[name]} (target: at most {most})" for name, most in limits if row[name] > most]
