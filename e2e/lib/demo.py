"""The demo itself: install, build, play the round-robin half, play kv-epp's half, compare."""

from __future__ import annotations

import json
import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import build, conversations, envoy_config, kv_epp, report
from .console import note, say, step
from .conversations import Row, Scale, Turn
from .errors import DemoError
from .install import Parts, install
from .model_files import CONTEXT_TOKENS
from .replay import Played, Replay
from .stack import AGGREGATED, DECODE, PREFILL, Stack, StackSettings
from .waiting import DeadlineExceeded, wait_until

BLOCK_SIZE = 16
WORKING_SET_PER_CACHE = 4
LONGEST_PROMPT_SHARE = 1.5  # a worker's cache holds the longest prompt this many times
WARM_UP_REQUESTS = 40
WARM_UP_BLOCKS = 12
WARM_UP_FIRST_ID = 1 << 40  # far above every id of the trace
BOOKINGS_SECONDS = 5.0
PROGRESS_REQUESTS = 50
KEEP_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DemoOptions:
    """The command line."""

    requests: int
    aggregated: bool
    seed: int
    speedup: float
    tokens_per_block: int
    keep: bool
    work_dir: Path | None

    def roles(self) -> list[str]:
        """Returns the roles of the workers."""
        return [AGGREGATED] * 4 if self.aggregated else [PREFILL] * 2 + [DECODE] * 2


class Demo:
    """One run. Confined to the main thread."""

    def __init__(self, options: DemoOptions, folder: Path):
        self.options = options
        self.folder = folder
        self.scale = Scale(options.tokens_per_block, CONTEXT_TOKENS)

    def run(self) -> bool:
        """Returns whether every check passed."""
        turns = self._turns()
        parts = install()
        home = build.java_home()
        binary = build.ensure_built(home)
        settings = StackSettings(BLOCK_SIZE, self._gpu_blocks(turns), CONTEXT_TOKENS, self.options.speedup)
        self._introduce(parts, turns, settings)
        round_robin = self._round_robin_half(parts, settings, turns)
        with self._stack(parts, "kv-epp", settings) as stack:
            with step("starting workers, frontend, kv-epp, Envoy"):
                stack.start_workers(self.options.roles())
                stack.start_frontend()
                tap = stack.start_tap()
                stack.start_kv_epp(binary, build.environment(home))
                stack.start_envoy(envoy_config.DIRECT)
            played = self._kv_epp_half(stack, Replay(stack, tap), turns)
            passed = self._conclude(played, round_robin, turns, self._bookings_left(stack))
            if self.options.keep:
                self._keep(stack)
        return passed

    def _turns(self) -> list[Turn]:
        groups = conversations.conversations(conversations.load(), self.scale)
        return conversations.sample(groups, self.options.requests, self.options.seed, self.scale)

    def _gpu_blocks(self, turns: Sequence[Turn]) -> int:
        working_set = conversations.working_set_blocks(turns, self.scale, BLOCK_SIZE)
        longest = max(self.scale.estimated_tokens(Row(0, t.hash_ids)) for t in turns) // BLOCK_SIZE
        return max(math.ceil(working_set / WORKING_SET_PER_CACHE), math.ceil(longest * LONGEST_PROMPT_SHARE))

    def _introduce(self, parts: Parts, turns: Sequence[Turn], settings: StackSettings) -> None:
        working_set = conversations.working_set_blocks(turns, self.scale, BLOCK_SIZE)
        workers = "4 aggregated workers" if self.options.aggregated else "2 prefill and 2 decode workers"
        say(f"{workers} (Dynamo mocker, {self.options.speedup:g} times as fast as a real engine),"
            f" tokenizer: {parts.model_kind}")
        say(f"{len(turns)} requests of {len({t.conversation for t in turns})} conversations from the Mooncake conversation"
            f" trace, one after another; {conversations.TRACE_BLOCK_TOKENS} tokens of the trace are"
            f" {self.scale.tokens_per_block} here")
        say(f"working set: {working_set} blocks of {BLOCK_SIZE} tokens; cache of one worker: {settings.gpu_blocks} blocks"
            f" (the working set is {working_set / settings.gpu_blocks:.1f} times as large)")
        kept = "" if self.options.work_dir else " (kept after a failure)"
        say(f"logs{kept}: {self.folder}")
        say()

    @contextmanager
    def _stack(self, parts: Parts, name: str, settings: StackSettings) -> Iterator[Stack]:
        stack = Stack(parts, self.folder / name, settings)
        try:
            yield stack
        finally:
            with uninterrupted():
                stack.close()

    def _round_robin_half(self, parts: Parts, settings: StackSettings, turns: Sequence[Turn]) -> list[Played]:
        with self._stack(parts, "round-robin", settings) as stack:
            with step("starting workers, frontend, Envoy"):
                stack.start_workers(self.options.roles())
                stack.start_frontend()
                replay = Replay(stack, stack.start_tap())
                stack.start_envoy(envoy_config.PLAIN)
            with step(f"round-robin: {len(turns)} requests"):
                _require_ok(replay.round_robin(_warm_up_turns(), _nothing))
                return replay.round_robin(turns, _progress(len(turns)))

    def _kv_epp_half(self, stack: Stack, replay: Replay, turns: Sequence[Turn]) -> list[Played]:
        names = {w.worker_id: w.name for w in stack.workers}
        say("Workers: " + ", ".join(f"{name} = {worker_id}" for worker_id, name in names.items()))
        _require_ok(replay.through_kv_epp(_warm_up_turns(), _nothing))
        say(f"Through kv-epp, after {WARM_UP_REQUESTS} requests to warm up (as in the round-robin half):")
        say(report.HEADER)
        return replay.through_kv_epp(turns, lambda played: say(report.row(played, names)))

    def _bookings_left(self, stack: Stack) -> int | None:
        try:
            wait_until("no booking is left", lambda: kv_epp.bookings(stack.epp_admin_port) == 0, BOOKINGS_SECONDS)
            return 0
        except DeadlineExceeded:
            return kv_epp.bookings(stack.epp_admin_port)

    def _conclude(self, played: list[Played], rr_played: list[Played], turns: Sequence[Turn], bookings_left: int | None) -> bool:
        epp, round_robin = report.half_of(played), report.half_of(rr_played)
        mismatches = sum(1 for p in played if p.problems)
        failed = report.verdict(epp, round_robin, mismatches, bookings_left)
        say()
        for line in report.comparison(epp, round_robin, conversations.reusable_share(turns)):
            say(line)
        say("PASSED: every answer was 200, every pick right, no booking left." if not failed else "FAILED:")
        for reason in failed:
            say(f"  {reason}")
        say(json.dumps({
            "bench": "demo", "mode": "aggregated" if self.options.aggregated else "disaggregated",
            "requests": epp.requests, "ok": epp.ok, "mismatches": mismatches,
            "hit_rate": round(epp.hit_rate, 4), "rr_hit_rate": round(round_robin.hit_rate, 4),
            "ttft_mean_ms": round(epp.ttft_mean_ms, 2), "rr_ttft_mean_ms": round(round_robin.ttft_mean_ms, 2),
            "bookings_left": bookings_left,
        }))
        return not failed

    def _keep(self, stack: Stack) -> None:
        note("")
        note(f"Envoy:          http://127.0.0.1:{stack.envoy_port}/v1/chat/completions")
        note(f"kv-epp:         http://127.0.0.1:{stack.epp_admin_port}/workers  /metrics  /picks/<x-request-id>")
        note(f"Envoy admin:    http://127.0.0.1:{stack.envoy_admin_port}/")
        note(f"Dynamo:         http://127.0.0.1:{stack.frontend_port}/v1/models")
        note("Try (the engines are simulated: answers are random words):")
        body = json.dumps({"model": stack.parts.model_name, "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]})
        note(f"  curl -s http://127.0.0.1:{stack.envoy_port}/v1/chat/completions -H 'content-type: application/json'"
             f" -H 'x-request-id: hello-1' -d '{body}'")
        note(f"  curl -s http://127.0.0.1:{stack.epp_admin_port}/picks/hello-1")
        note("Ctrl-C ends everything.")
        try:
            while True:
                stack.children.require_all_alive()
                time.sleep(KEEP_POLL_SECONDS)
        except KeyboardInterrupt:
            note("ending")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignores Ctrl-C, SIGTERM and SIGHUP while processes are being ended."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(n, signal.SIG_IGN) for n in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before):
            signal.signal(number, handler)


def _warm_up_turns() -> list[Turn]:
    """Returns prompts that share nothing with the trace nor with each other."""
    turns = []
    for n in range(WARM_UP_REQUESTS):
        ids = tuple(range(WARM_UP_FIRST_ID + n * WARM_UP_BLOCKS, WARM_UP_FIRST_ID + (n + 1) * WARM_UP_BLOCKS))
        turns.append(Turn(-1, n, ids, tuple(conversations.messages([ids], 64))))
    return turns


def _require_ok(played: Sequence[Played]) -> None:
    """Raises DemoError when a warm-up request failed: the replay would only repeat it."""
    for p in played:
        if not p.answer.ok():
            raise DemoError(f"a warm-up request failed: HTTP {p.answer.status}: {p.answer.error or 'the stream ended early'}")


def _progress(total: int) -> Callable[[Played], None]:
    def report_progress(played: Played) -> None:
        if played.number % PROGRESS_REQUESTS == 0 and played.number < total:
            note(f"  {played.number} of {total}")

    return report_progress


def _nothing(_played: Played) -> None:
    """Reports nothing."""
