"""What one request costs in the picker process, beside pickers that do nothing, and what clients of a real Envoy wait for it.

kv-epp serves four workers of Dynamo in Direct mode that are announced but do not exist: it reads each chat, tokenizes it exactly
(Qwen2.5), looks its blocks up in the index of its own decisions, books, and adds the token ids to the body. Chats grow over eight
turns, and no two runs have one in common. Figures are medians over the runs; all sides take turns within one run, after the
compilers of each have nothing left to do.

- direct: a gRPC driver plays Envoy on one plaintext connection, 8 streams, whole life cycle (headers, body in parts of 64 KiB,
  response headers, four parts of the response); bodies of 1, 32 and 128 KB on average. cpu_ms: processor time of the picker
  process a request; routed: until all of the body came back. null: 80 lines of Go that read nothing (e2e/peers/null); java_null:
  the same on kv-epp's own server; null_ratio: kv-epp over null
- tls_p50_ms: routed, one stream, 1 KB, over TLS; rss_mib: after all direct runs
- envoy_added: what clients with 1, 16 and 128 connections wait longer for the headers of the answer behind an Envoy that asks
  kv-epp (over TLS) than behind one that does not; 1 KB
- fair_p99_ratio: routed p99 of 50 requests of 1 KB a second while two prompts of 8 MiB are in flight, over that without them;
  the prompts come from a process of their own, whose pauses would otherwise be measured. null_fair_p99_ratio: the same of the
  null picker in Go, so what the two clients take from each other's processors
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..build import ensure_built, java_home
from ..console import note, step
from ..install import cache_folder, install
from . import extproc_figures, preprocess_texts
from .compilers import warm_up
from .extproc_sides import Gateways, KvEpp, Side
from .frame import PRODUCT_FLAGS, Bench, Outcome
from .resident import Resident

TITLE = "one request in the picker process, beside pickers that do nothing, and through a real Envoy"

DRIVER = "io.kvepp.extproc.bench.ExtProcDriver"
NULL = "io.kvepp.app.NullPicker"
DRIVER_FLAGS = ("-Xmx2g", "-XX:+UseSerialGC")
SIZES = {"1k": 1_285, "32k": 28_544, "128k": 113_024}
CONNECTIONS = (1, 16, 128)
STREAMS = 8
WARM_SECONDS = 4
DIRECT_SECONDS = 4
LONE_SECONDS = 3
ENVOY_SECONDS = 3
SMALL_BYTES = 1 << 10
FAIR_RATE = 50
FAIR_SECONDS = 6
FAIR_BYTES = 8 << 20
FAIR_STREAMS = 2
TEXT_CHARACTERS = 8 << 20

Answer = Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing can be chosen."""


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Lets all sides take turns and prints the medians."""
    binary = ensure_built(java_home())
    peer = bench.go("null")
    parts = install()
    java_null = bench.java_command(NULL, (), PRODUCT_FLAGS)
    with tempfile.TemporaryDirectory(prefix="bench-extproc-", dir=cache_folder()) as scratch, ExitStack() as stack:
        folder = Path(scratch)
        driver, other = (stack.enter_context(one) for one in _drivers(bench, folder, parts.model_name, options.seed))
        upstream = int(driver.ready()[0])
        other.ready()
        null = stack.enter_context(Side.printing("null", (str(peer),), folder))
        java = stack.enter_context(Side.printing("java_null", java_null, folder))
        with KvEpp(binary, parts, folder / "plain", upstream, tls=False) as plain:
            turns = _direct(driver, (plain.side, null, java), options.runs)
            rss = plain.side.resident_mib()
            fair = _fair(driver, other, (plain.side, null), options.runs)
        with KvEpp(binary, parts, folder / "tls", upstream, tls=True) as secured:
            lone, added = _gateways(driver, secured, Gateways(parts.envoy, folder, upstream, secured.side.port), options.runs)
    row = extproc_figures.figures(turns, lone, added, fair, rss)
    extproc_figures.say_tables(row, fair)
    return Outcome(row, extproc_figures.misses(row), failures=extproc_figures.failures(turns, lone, added, fair))


def _drivers(bench: Bench, folder: Path, model: str, seed: int) -> tuple[Resident, Resident]:
    texts = preprocess_texts.corpus()
    text = folder / "text"
    text.write_text(texts["en"][:TEXT_CHARACTERS] + texts["code"][:TEXT_CHARACTERS // 2], "utf-8")
    command = bench.java_command(DRIVER, (str(text), model, str(seed)), DRIVER_FLAGS)
    return Resident("driver", command), Resident("driver of large requests", command)


def _fair(driver: Resident, other: Resident, sides: tuple[Side, ...], runs: int) -> list[dict[str, dict[str, Answer]]]:
    """Returns, for each run and side, the answers for small requests alone, for those beside large ones, and for the large ones."""
    large = "plain", FAIR_BYTES, FAIR_STREAMS
    with step("  warm up with prompts of 8 MiB"):
        for side in sides:
            warm_up([side.pid], lambda port=side.port: other.ask("direct", port, *large, WARM_SECONDS))
    turns = []
    for number in range(1, runs + 1):
        turn = {}
        for side in sides:
            small = "open", side.port, "plain", SMALL_BYTES, FAIR_RATE, FAIR_SECONDS
            alone = driver.ask(*small)
            other.ask("begin", side.port, *large)
            beside = driver.ask(*small)
            turn[side.name] = {"alone": alone, "beside": beside, "large": other.ask("end")}
        note(f"  fairness, run {number} of {runs}: " + ", ".join(
            f"{name} {extproc_figures.fairness(answers):.2f}" for name, answers in turn.items()))
        turns.append(turn)
    return turns


def _warm(driver: Resident, side: Side, mode: str, size: int) -> None:
    warm_up([side.pid], lambda: driver.ask("direct", side.port, mode, size, STREAMS, WARM_SECONDS))


def _direct(driver: Resident, sides: tuple[Side, ...], runs: int) -> list[dict[str, dict[str, Answer]]]:
    """Returns, for each run, the answers by side and size."""
    with step("  warm up"):
        for side in sides:
            for size in SIZES.values():
                _warm(driver, side, "plain", size)
    turns = []
    for number in range(1, runs + 1):
        turn: dict[str, dict[str, Answer]] = {side.name: {} for side in sides}
        for size, bytes_mean in SIZES.items():
            for side in sides:
                before = side.processor_seconds()
                answer = driver.ask("direct", side.port, "plain", bytes_mean, STREAMS, DIRECT_SECONDS)
                turn[side.name][size] = {**answer, "cpu_ms": 1e3 * (side.processor_seconds() - before) / answer["requests"]}
        note(f"  run {number} of {runs}: " + ", ".join(
            f"{name} {size} {answer['cpu_ms']:.3f} ms" for name, sizes in turn.items() for size, answer in sizes.items()))
        turns.append(turn)
    return turns


def _gateways(driver: Resident, secured: KvEpp, gateways: Gateways,
              runs: int) -> tuple[list[Answer], list[dict[str, dict[int, Answer]]]]:
    """Returns the answers of one stream over TLS, and those behind both gateways by connections."""
    small = SIZES["1k"]
    with gateways:
        with step("  warm up behind Envoy"):
            _warm(driver, secured.side, "tls", small)
            for port in gateways.ports.values():
                driver.ask("http", port, small, CONNECTIONS[1], ENVOY_SECONDS)
        lone, added = [], []
        for number in range(1, runs + 1):
            lone.append(driver.ask("direct", secured.side.port, "tls", small, 1, LONE_SECONDS))
            added.append({name: {} for name in gateways.ports})
            for connections in CONNECTIONS:
                for name, port in gateways.ports.items():
                    added[-1][name][connections] = driver.ask("http", port, small, connections, ENVOY_SECONDS)
            note(f"  run {number} of {runs} behind Envoy")
    return lone, added
