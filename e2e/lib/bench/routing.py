"""Replays a trace against modelled engines and kv-epp's own choice of workers, beside the other router modes and an oracle.

Engines: 4,096 blocks of 128 tokens, least recently used first and of a prompt its end first; one prompt at a time at 8,000
tokens a second; 64 answers at a time, each at 50 tokens a second. KV events reach the index after 5 ms. At rate 1 requests
arrive as in the trace, at 70 % of what the workers can serve in turns. Nothing is timed: the figures follow from trace,
workers, rate and seed.

- hit rate: share of the prompt tokens that the engines found in their caches
- oracle: the same costs, but every worker's cache is known as it will be when the prompt is computed there, waiting requests
  and evictions to come included
- rr_p99_ratio, ll_p99_ratio_worst: TTFT p99 over that of round-robin, and of least-loaded at the worst of several rates
- load_cv: standard deviation over mean of the time that each worker spent computing prompts
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..conversations import TRACE
from ..errors import DemoError
from .frame import Bench, Outcome, table
from .index import whole

TITLE = "the choice of workers, replayed against modelled engines"

DRIVER = "io.kvepp.router.simulation.RoutingDriver"
RATES = (0.2, 0.5, 1.0, 1.5, 2.0)
ORACLE_RATIO_MIN = 0.98
RR_P99_RATIO_MAX = 0.75
LL_P99_RATIO_MAX = 1.0
HEAP = "-Xmx2g"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what can be chosen."""
    parser.add_argument("--trace", type=Path, default=TRACE, help="requests in Mooncake's format (default: the bundled ones)")
    parser.add_argument("--workers", type=whole(1, 1024), default=8, metavar="N", help="workers (default: %(default)s)")
    parser.add_argument("--rate", type=_between(0.01, 10), default=1.0, metavar="X",
                        help="arrivals, 1: at 70 %% of round-robin's capacity (default: %(default)s)")


def _between(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} (expected: a number from {least} to {most})")
        return value
    return read


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Replays and prints what came out."""
    if not options.trace.is_file():
        raise DemoError(f"{options.trace}: no such file (expected: a trace)")
    arguments = (str(options.trace), str(options.workers), str(options.rate), str(options.seed), *map(str, RATES))
    answer = json.loads(bench.java(DRIVER, arguments, (HEAP,)))
    say_tables(answer)
    row = figures(options.trace.name, options.workers, options.rate, answer)
    return Outcome(row, misses(row), failures=())


def say_tables(answer: dict[str, Any]) -> None:
    """Prints every replay."""
    header = ("policy", "rate", "hit rate", "TTFT mean ms", "p50 ms", "p99 ms", "load cv")
    keys = ("hit_rate", "ttft_mean_ms", "ttft_p50_ms", "ttft_p99_ms", "load_cv")
    digits = (4, 0, 0, 0, 4)
    table(header, [(r["policy"], r["rate"], *(f"{r[key]:.{n}f}" for key, n in zip(keys, digits)))
                   for r in answer["replays"] + answer["compared"]])


def figures(trace: str, workers: int, rate: float, answer: dict[str, Any]) -> dict[str, Any]:
    """Returns the flat figures."""
    at = {r["policy"]: r for r in answer["replays"]}
    kv = at["kv"]
    return {
        "trace": trace,
        "workers": workers,
        "rate": rate,
        "hit_rate": round(kv["hit_rate"], 4),
        "rr_hit_rate": round(at["round-robin"]["hit_rate"], 4),
        "ll_hit_rate": round(at["least-loaded"]["hit_rate"], 4),
        "oracle_hit_rate": round(at["oracle"]["hit_rate"], 4),
        "oracle_ratio": round(ratio(kv["hit_rate"], at["oracle"]["hit_rate"]), 4),
        "ttft_p99_ms": round(kv["ttft_p99_ms"], 1),
        "rr_p99_ratio": round(ratio(kv["ttft_p99_ms"], at["round-robin"]["ttft_p99_ms"]), 4),
        "ll_p99_ratio_worst": round(worst(answer["compared"]), 4),
        "load_cv": round(kv["load_cv"], 4),
    }


def worst(compared: list[dict[str, Any]]) -> float:
    """The largest ratio of TTFT p99 over least-loaded's, of all rates."""
    p99 = {(r["policy"], r["rate"]): r["ttft_p99_ms"] for r in compared}
    return max(ratio(p99["kv", rate], p99["least-loaded", rate]) for _, rate in p99)


def ratio(value: float, reference: float) -> float:
    """Their ratio; 1 where both are 0."""
    return value / reference if reference else 1.0 if value == reference else float("inf")


def misses(row: dict[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    missed = []
    if row["oracle_ratio"] < ORACLE_RATIO_MIN:
        missed.append(f"oracle_ratio {row['oracle_ratio']} (target: at least {ORACLE_RATIO_MIN})")
    for name, most in (("rr_p99_ratio", RR_P99_RATIO_MAX), ("ll_p99_ratio_worst", LL_P99_RATIO_MAX)):
        if row[name] > most:
            missed.append(f"{name} {row[name]} (target: at most {most})")
    return missed
