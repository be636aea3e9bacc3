"""Times one decision of kv-epp: look-up, choice and booking for a prompt of 32,768 tokens, on fleets of several sizes.

Every worker holds the beginnings of 16 out of 64 prompts, and 8 requests a worker are under way, whose prompts share those
beginnings. Each decision takes one prompt, and the oldest request ends in its place, which is not timed. Hashing is timed
apart.

- p50_us, p99_us: one decision, after warm-up, by fleet size
- picks_s: whole decisions a second on a fleet of 128, by 1 and by 2 threads, ends of requests included
- garbage_bytes: what one decision allocates, which is not to grow with the fleet
- hash_us_grown: hashing a prompt that is an earlier one and 512 tokens more, of which only the new blocks are hashed
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from typing import Any

from .frame import PRODUCT_FLAGS, Bench, Outcome, table

TITLE = "one decision: look-up, choice and booking, by fleet size"

DRIVER = "io.kvepp.router.prefill.bench.PickDriver"
TOKENS = 32_768
BLOCK_TOKENS = 128
HEAP = "-Xmx2g"
GARBAGE_RATIO_MAX = 1.1
TARGETS = (("hash_us", 40.0), ("p50_us_16", 15.0), ("p50_us_1024", 60.0))
KEYS = ("hash_us", "p50_us_16", "p50_us_128", "p50_us_1024", "p99_us_16", "p99_us_1024", "picks_s_1t", "picks_s_2t",
        "garbage_bytes_16", "garbage_bytes_1024")

PRINTED = ("hash_us_block_16", "hash_us_grown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing can be chosen."""


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Measures in as many processes as there are runs, and prints the medians."""
    runs = [json.loads(bench.java(DRIVER, (str(TOKENS), str(BLOCK_TOKENS), str(options.seed)), (*PRODUCT_FLAGS, HEAP)))
            for _ in range(options.runs)]
    row = figures(runs)
    table(("figure", "median", "least", "most"),
          [(key, row[key], min(r[key] for r in runs), max(r[key] for r in runs)) for key in (*KEYS, *PRINTED)])
    return Outcome(row, misses(row), failures=[failure for r in runs for failure in failures(r)])


def failures(figures: dict[str, Any]) -> list[str]:
    """Returns what is wrong with one run's results."""
    hashed, grown = figures["grown_blocks_hashed"], figures["grown_blocks"]
    return (["bookings are left"] if figures["booked"] else []) + (
        [f"of a prompt that grew by {grown} blocks {hashed} were hashed"] if hashed != grown else [])


def figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the flat figures: medians over the runs."""
    row: dict[str, Any] = {"tokens": TOKENS, "block_size": BLOCK_TOKENS}
    row.update({key: round(median(r[key] for r in runs), 2) for key in (*KEYS, *PRINTED)})
    return row


def misses(row: dict[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    grows = row["garbage_bytes_1024"] / row["garbage_bytes_16"]
    return [f"{name} {row[name]} (target: at most {most})" for name, most in TARGETS if row[name] > most] + (
        [f"garbage_bytes_1024 / garbage_bytes_16 {grows:.2f} (target: at most {GARBAGE_RATIO_MAX})"]
        if grows > GARBAGE_RATIO_MAX else [])
