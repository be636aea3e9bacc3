"""Measures the standalone router beside `python -m dynamo.router`, both before the same two mockers.

Callers ask for the best worker of prompts of 4,096 tokens, 32 callers at a time, each as fast as it is answered: once with
Dynamo's own Python runtime, once with a client in Java, which asks both sides alike and needs no thread for a caller. kv-epp
books each request and is told of its end (find_best_worker, then free); the peer, which has no such endpoints, only looks
(best_worker_id). All are measured when the compilers of the Java programs have nothing left to do.

- pairs_s, java_pairs_s: pairs of find_best_worker and free a second, from the Python and from the Java client
- peer_calls_s: calls of best_worker_id a second on the peer, from the client that gets more of them
- speedup: java_pairs_s / peer_calls_s; a pair counts as one although it is two calls
- p50_us, p99_us, peer_p99_us: one find_best_worker, or best_worker_id, from the Java client; p99_ratio: the last two
- cpu_us_pair, peer_cpu_us_call: processor time of the router for each
- gen_added_us: what the router adds to the way of a token from its worker to the caller, median, with 200 streams at a time of
  25 tokens a second each, at times of its own: `generate` of the router less `generate` of the worker itself, a worker that writes
  down when it sent what. Callers and worker are one program, which uses few threads: it runs on the processors of the router
- equal: of prompts that one worker holds, both routers name that worker
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from .. import rest
from ..build import ensure_built, environment, java_home
from ..console import note, step
from ..install import cache_folder, install
from ..ports import free_ports
from ..processes import Child
from ..stack import AGGREGATED, NAMESPACE, Stack, StackSettings
from ..waiting import wait_until
from .compilers import warm_up
from .frame import PRODUCT_FLAGS, Bench, Outcome, table
from .resident import Resident

TITLE = "the standalone router: find_best_worker, free and generate, beside Dynamo's router"

DRIVER = "io.kvepp.routerservice.bench.RouterDriver"
CLIENT = Path(__file__).resolve().parent / "router_client.py"
HEAP = "-Xmx1g"
OURS, TIMED = "ours", "timed"
PEER = NAMESPACE  # the peer serves in the namespace of the workers, whatever it is told
CALLERS = 32
STREAMS = 200
START_SECONDS = 60.0
SETTINGS = StackSettings(block_size=16, gpu_blocks=32_768, context_tokens=32_768, speedup=100)
QUIET = {"DYN_LOG": "off,request_span=off"}  # neither the clients nor the peer spend time on a line for each request
TICKS = os.sysconf("SC_CLK_TCK")
TARGET_SPEEDUP, TARGET_P99_RATIO, TARGET_ADDED_US = 3.0, 0.5, 100.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long each turn is."""
    parser.add_argument("--seconds", type=float, default=4, help="of each client and side in each run (default: %(default)s)")


class Routers:
    """Both routers, a second one of ours for the timed worker, and the clients. Confined to one thread."""

    def __init__(self, bench: Bench, folder: Path, stack: ExitStack) -> None:
        home = java_home()
        binary = ensure_built(home)
        self.parts = install()
        self.stack = Stack(self.parts, folder, SETTINGS)
        stack.callback(self.stack.close)
        workers = self.stack.start_workers([AGGREGATED, AGGREGATED])
        self.driver = stack.enter_context(
            Resident("callers", bench.java_command(DRIVER, (str(self.stack.discovery),), (*PRODUCT_FLAGS, HEAP))))
        self.driver.ask("announce", workers[0].worker_id)
        self.peer = self.stack.start("peer", [
            self.parts.python, "-m", "dynamo.router", "--endpoint", f"{NAMESPACE}.backend.generate", "--router-block-size",
            str(SETTINGS.block_size)], QUIET)
        self.ours = self._router(binary, OURS, f"{NAMESPACE}.backend.generate", environment(home))
        self.timed = self._router(binary, TIMED, f"{NAMESPACE}.timed.generate", environment(home))
        wait_until("the peer is announced", lambda: any(self.stack.discovery.glob(f"v1/instances/{PEER}%2Frouter%2F*")), START_SECONDS)

    def _router(self, binary: Path, namespace: str, endpoint: str, variables: dict[str, str]) -> Child:
        health, admin = free_ports(2)
        child = self.stack.children.add(Child(f"router-{namespace}", [
            str(binary), "router", "--endpoint", endpoint, "--router-namespace", namespace, "--host", "127.0.0.1",
            "--serve-host", "127.0.0.1", "--health-port", str(health), "--admin-port", str(admin), "--drain-propagation", "0s",
            "--discovery-backend", "file", "--file-kv", str(self.stack.discovery)],
            self.stack.folder / f"router-{namespace}.log", variables))

        def ready() -> bool:
            child.require_alive()
            return rest.is_ok(admin, "/readyz")
        wait_until(f"the router {namespace} is ready", ready, START_SECONDS)
        return child

    def python(self, *words: object) -> dict[str, Any]:
        """Returns what the Python client prints."""
        output = Bench.output((self.parts.python, str(CLIENT), *map(str, words)),
                              {**self.stack.environment(), **QUIET})
        answer = json.loads(output.splitlines()[-1])
        assert isinstance(answer, dict)
        return answer


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    """Lets both sides and clients take turns and prints the medians."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-router-", dir=folder) as scratch, ExitStack() as stack:
        with step("  start both sides"):
            routers = Routers(bench, Path(scratch), stack)
        with step("  compare answers"):
            agreed = routers.python("agree", OURS, PEER)
        with step("  warm up"):
            warm_up([routers.driver.pid, routers.ours.popen.pid], lambda: turn(routers, options.seconds / 2))
        runs = []
        for number in range(1, options.runs + 1):
            runs.append(turn(routers, options.seconds))
            note(f"  run {number} of {options.runs}: " + ", ".join(
                f"{name} {rate(answer):.0f}" for name, answer in runs[-1].items() if "count" in answer) + " a second")
        with step("  warm up streams"):
            warm_up([routers.driver.pid, routers.timed.popen.pid], lambda: stream(routers))
        streams = [stream(routers) for _ in range(options.runs)]
    row = figures(runs, streams, agreed)
    say_sides(runs)
    table(("figure", "median"), [(key, value) for key, value in row.items()])
    return Outcome(row, misses(row), failures(runs, streams, agreed))


def turn(routers: Routers, seconds: float) -> dict[str, dict[str, Any]]:
    """Returns the answer of each client for each side, with the processor time of the router and of the client."""
    def java(*words: object) -> dict[str, Any]:
        before = processor_seconds(routers.driver.pid)
        answer = routers.driver.ask(*words)
        return {**answer, "processor_seconds": processor_seconds(routers.driver.pid) - before}
    ours, peer = routers.ours, routers.peer
    return {
        "pairs": charged(ours, lambda: routers.python("pairs", OURS, CALLERS, seconds)),
        "peer_python": charged(peer, lambda: routers.python("calls", PEER, CALLERS, seconds)),
        "java_pairs": charged(ours, lambda: java("pairs", OURS, CALLERS, seconds)),
        "peer_java": charged(peer, lambda: java("calls", PEER, CALLERS, seconds)),
    }


def stream(routers: Routers) -> dict[str, dict[str, Any]]:
    """Returns what callers of the timed worker measure, and what they do through the router."""
    return {way: routers.driver.ask("streams", *words, STREAMS)
            for way, words in (("direct", (NAMESPACE, "timed")), ("routed", (TIMED, "router")))}


def charged(child: Child, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the answer and how much processor time a program took meanwhile."""
    before = processor_seconds(child.popen.pid)
    answer = work()
    return {**answer, "router_seconds": processor_seconds(child.popen.pid) - before}


def processor_seconds(pid: int) -> float:
    """Returns the time that all threads of a process have run."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rate(answer: dict[str, Any]) -> float:
    """Returns how many a second."""
    return float(answer["count"]) / float(answer["seconds"])


def say_sides(runs: list[dict[str, dict[str, Any]]]) -> None:
    """Prints what each client saw of each router, and what processor time it took both."""
    def row(client: str, what: str, name: str) -> tuple[str, ...]:
        answers = [run[name] for run in runs]

        def micros(key: str) -> str:
            return f"{median(answer[key] / answer['count'] for answer in answers) * 1e6:.0f}"
        return (f"{what}, from {client}", f"{median(map(rate, answers)):.0f}",
                *(f"{median(answer[key] for answer in answers):.0f}" for key in ("p50_us", "p99_us")),
                micros("router_seconds"), micros("processor_seconds"))
    table(("asked", "a second", "p50 us", "p99 us", "router's CPU us", "client's CPU us"),
          [row("Python", "kv-epp, pairs", "pairs"), row("Python", "peer, calls", "peer_python"),
           row("Java", "kv-epp, pairs", "java_pairs"), row("Java", "peer, calls", "peer_java")])


def figures(runs: list[dict[str, dict[str, Any]]], streams: list[dict[str, dict[str, Any]]],
            agreed: dict[str, Any]) -> dict[str, Any]:
    """Returns the flat figures: medians over the runs."""
    rates = {name: median(rate(run[name]) for run in runs) for name in runs[0]}
    peer = max(rates["peer_python"], rates["peer_java"])
    p99, peer_p99 = (median(run[name]["p99_us"] for run in runs) for name in ("java_pairs", "peer_java"))

    def processor(name: str) -> float:
        return round(median(run[name]["router_seconds"] / run[name]["count"] for run in runs) * 1e6, 1)
    return {
        "pairs_s": round(rates["pairs"]), "java_pairs_s": round(rates["java_pairs"]), "peer_calls_s": round(peer),
        "speedup": round(rates["java_pairs"] / peer, 2),
        "p50_us": median(run["java_pairs"]["p50_us"] for run in runs), "p99_us": p99, "peer_p99_us": peer_p99,
        "p99_ratio": round(p99 / peer_p99, 3),
        "cpu_us_pair": processor("java_pairs"), "peer_cpu_us_call": processor("peer_java"),
        "peer_python_calls_s": round(rates["peer_python"]), "peer_java_calls_s": round(rates["peer_java"]),
        "gen_added_us": median(each["routed"]["p50_us"] - each["direct"]["p50_us"] for each in streams),
        "gen_routed_p99_us": median(each["routed"]["p99_us"] for each in streams),
        "streams": STREAMS,
        "equal": agreed["right"] == agreed["asked"],
    }


def failures(runs: list[dict[str, dict[str, Any]]], streams: list[dict[str, dict[str, Any]]],
             agreed: dict[str, Any]) -> list[str]:
    """Returns what is wrong with the results."""
    failed = sum(int(answer.get("failures", 0)) for each in (*runs, *streams) for answer in each.values())
    return ([f"{failed} callers failed"] if failed else []) + (
        [f"of {agreed['asked']} prompts {agreed['right']} were sent where they are held"]
        if agreed["right"] != agreed["asked"] else [])


def misses(row: dict[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    missed = [f"speedup {row['speedup']} (target: at least {TARGET_SPEEDUP})"] if row["speedup"] < TARGET_SPEEDUP else []
    return missed + [f"{name} {row[name]} (target: at most {most})"
                     for name, most in (("p99_ratio", TARGET_P99_RATIO), ("gen_added_us", TARGET_ADDED_US)) if row[name] > most]
