"""Measures the way of KV events from raw bytes to the index, beside the decoders and the index of Dynamo's router.

16 ranks serve prompts of a shared set and evict the least recently used, leaves first. A message has 8 events, each of which
stores or removes 1 to 8 blocks of 16 tokens; it is made once, seeded, in two forms that both sides read: as Dynamo's event
plane carries it over ZMQ (zmq) and as vLLM itself does (raw). Every process has one core.

- zmq_mblocks_s, raw_mblocks_s: millions of blocks stored and removed a second, from the bytes a socket gave until the index
  contains them; the sockets are left out on both sides. The peer: crate dynamo-kv-router with one event thread
- lag_p99_ms: from handing in a message until the index contains it, at half of the targeted rate, the larger of both forms;
  all messages several times, so that the pauses of the collector count as often as they come
- lost: messages and events that kv-epp did not apply
- equal: all prompts find the same number of blocks in the four indexes
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from ..console import note, step
from ..install import cache_folder
from .frame import MANY_EVENTS_FLAGS, PRODUCT_FLAGS, Bench, Outcome, table
from .resident import Resident

TITLE = "KV events from raw bytes to the index, beside the decoders and the index of Dynamo's router"

DRIVER = "io.kvepp.kvevents.bench.EventsDriver"
MAKER = "io.kvepp.kvevents.bench.EventsMaker"
HEAP = "-Xmx2g"
FORMS = ("zmq", "raw")
TOKENS_PER_BLOCK = 16
WARM_PASSES = 40
LAG_PASSES = 6
TARGET_MBLOCKS_S = 1.5
TARGET_SPEEDUP = 2.0
TARGET_LAG_MS = 5.0
CORE = {0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing can be chosen."""


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Lets both sides take turns and prints the medians."""
    peer = bench.rust("events")
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-events-", dir=folder) as scratch, ExitStack() as stack:
        file = Path(scratch) / "messages"
        with step("  messages"):
            bench.java(MAKER, (str(file), str(options.seed)), (HEAP,))
        flags = (*PRODUCT_FLAGS, *MANY_EVENTS_FLAGS, HEAP)
        ours = stack.enter_context(Resident("kv-epp", bench.java_command(DRIVER, (str(file),), flags)))
        theirs = stack.enter_context(Resident("dynamo-kv-router", (str(peer), str(file)), processors=CORE))
        with step("  warm up"):
            for _ in range(WARM_PASSES):
                for form in FORMS:
                    ours.ask("run", form)
        ours.use_processors(CORE)
        for form in FORMS:
            ours.ask("run", form)
            theirs.ask("run", form)
        runs = [turn(ours, theirs, number, options.runs) for number in range(1, options.runs + 1)]
        rate = round(TARGET_MBLOCKS_S / 2 * 1e6)
        lags = [ours.ask("lag", form, rate, LAG_PASSES) for form in FORMS]
    row = figures(runs, lags)
    table(("form", "kv-epp M blocks/s", "peer M blocks/s", "speedup"),
          [(form, row[f"{form}_mblocks_s"], row[f"peer_{form}_mblocks_s"], row[f"{form}_speedup"]) for form in FORMS])
    return Outcome(row, misses(row), failures=() if row["equal"] else ("the indexes hold different blocks",))


def turn(ours: Resident, theirs: Resident, number: int, runs: int) -> dict[str, dict[str, Any]]:
    """Returns one answer of each side for each form."""
    answers = {f"{side}{form}": driver.ask("run", form)
               for form in FORMS for side, driver in (("", ours), ("peer_", theirs))}
    note(f"  run {number} of {runs}: " + ", ".join(f"{name} {mblocks_s(answer):.2f}" for name, answer in answers.items())
         + " M blocks/s")
    return answers


def mblocks_s(answer: dict[str, Any]) -> float:
    """Returns millions of blocks a second."""
    return float(answer["blocks"]) / float(answer["seconds"]) / 1e6


def figures(runs: list[dict[str, dict[str, Any]]], lags: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the flat figures: medians over the runs."""
    rates = {name: median(mblocks_s(run[name]) for run in runs) for name in runs[0]}
    row: dict[str, Any] = {"tokens_per_block": TOKENS_PER_BLOCK}
    row.update({f"{form}_mblocks_s": round(rates[form], 2) for form in FORMS})
    row.update({f"peer_{form}_mblocks_s": round(rates[f"peer_{form}"], 2) for form in FORMS})
    row.update({f"{form}_speedup": round(rates[form] / rates[f"peer_{form}"], 2) for form in FORMS})
    row["lag_p99_ms"] = round(max(lag["lag_p99_ms"] for lag in lags), 3)
    row["lost"] = sum(run[form]["lost"] for run in runs for form in FORMS) + sum(lag["lost"] for lag in lags)
    row["equal"] = len({answer["matched"] for run in runs for answer in run.values()}) == 1
    return row


def misses(row: dict[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    least = [(f"{form}_{figure}", target) for form in FORMS
             for figure, target in (("mblocks_s", TARGET_MBLOCKS_S), ("speedup", TARGET_SPEEDUP))]
    missed = [f"{name} {row[name]} (target: at least {target})" for name, target in least if row[name] < target]
    missed += [f"lag_p99_ms {row['lag_p99_ms']} (target: under {TARGET_LAG_MS})"] if row["lag_p99_ms"] >= TARGET_LAG_MS else []
    missed += [f"lost {row['lost']} (target: 0)"] if row["lost"] else []
    return missed
