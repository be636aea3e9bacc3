"""One model measured: what is run, in which order, and the figures that come of it."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..console import note
from .frame import PRODUCT_FLAGS, WHOLE_COLLECTIONS_FLAG, Bench
from .preprocess_texts import Windows, write
from .resident import Resident

SIZES = {"1k": 1 << 10, "8k": 1 << 13, "32k": 1 << 15, "128k": 1 << 17}
WINDOWS_PER_RUN = {"1k": 40, "8k": 12, "32k": 5, "128k": 2}
PEERS = ("hf", "baseten", "fastokens")
OURS = "kv-epp"
WARM_UP_SECONDS = 15
CHECK_WINDOWS = 16
TURNS = 20
EARLY_TURN = 5
TURN_CHARS = 6400
CONVERSATIONS_PER_KIND = 2
CHAT_MESSAGES = 8
CHATS = 12
CHAT_WARM_UPS = 40
THREAD_WINDOWS = 30
MAIN = "io.kvepp.preprocess.MeasuredPreprocessing"
CHAT_MARKS = {"<|im_end|>": ("<|im_start|>{role}\n", "<|im_end|>\n"),
              "<|eot_id|>": ("<|start_header_id|>{role}<|end_header_id|>\n\n", "<|eot_id|>")}

Times = dict[str, list[list[int]]]
"""Nanoseconds of each window, by side and run."""


class Measured:
    """The figures of one model."""

    def __init__(self, equal: bool, cold: Mapping[tuple[str, str], Times], turns: Times, chats: Mapping[str, list[int]],
                 heap_bytes: int, threads: Mapping[str, Mapping[int, float]], words: float) -> None:
        self.equal = equal
        self._cold = cold
        self._turns = turns
        self._chats = chats
        self._heap_bytes = heap_bytes
        self._threads = threads
        self._words = words

    def figures(self) -> dict[str, Any]:
        """The keys of the last line."""
        cells = {f"cold_{size}_{kind}_ms": _ms(times[OURS]) for (kind, size), times in self._cold.items()}
        speedups = {f"{peer}_speedup": min(_speedup(times, peer) for times in self._cold.values()) for peer in PEERS}
        turn20 = {side: _ms(runs, TURNS - 1) for side, runs in self._turns.items()}
        # Of the chat that comes closest to its limit.
        garbage, limit = max(zip(self._chats["garbage"], self._chats["limit"]), key=lambda chat: chat[0] / chat[1])
        best = min((side for side in turn20 if side != OURS), key=lambda side: turn20[side])
        return {
            **cells, **speedups,
            "turn5_ms": _ms(self._turns[OURS], EARLY_TURN - 1), "turn20_ms": turn20[OURS],
            "turn20_speedup": round(turn20[best] / turn20[OURS], 2), "best_cached_peer": best,
            "chat32k_cold_ms": _ms([self._chats["cold"]]), "chat32k_warm_ms": _ms([self._chats["warm"]]),
            "vocab_heap_mb": round(self._heap_bytes / 1e6, 1),
            "garbage_bytes": garbage, "garbage_limit_bytes": limit,
            "word_cache_hit_rate": self._words,
            **{f"mtok_s_{count}_threads": rates[count] for count in (1, 2) for rates in (self._threads[OURS],)},
        }

    def tables(self) -> list[tuple[Sequence[str], list[list[object]]]]:
        """What a person reads: cold windows, turns, threads."""
        sides = (OURS, *PEERS)
        cold = [[f"{kind} {size}", *(_ms(times[side]) for side in sides), _spread(times[OURS]),
                 *(_speedup(times, peer) for peer in PEERS)] for (kind, size), times in self._cold.items()]
        shown = (0, 1, 4, 9, TURNS - 1)
        turns = [[side, *(_ms(runs, turn) for turn in shown)] for side, runs in self._turns.items()]
        threads = [[side, rates[1], rates[2]] for side, rates in self._threads.items()]
        return [(("cold, ms", *sides, "spread", *(f"x {peer}" for peer in PEERS)), cold),
                (("conversation, ms at turn", *(str(turn + 1) for turn in shown)), turns),
                (("Mtok/s", "1 thread", "2 threads"), threads)]


class ModelRun:
    """Runs both sides for one model. Confined to one thread."""

    def __init__(self, bench: Bench, peer: Path, folder: Path, corpus: Mapping[str, str], seed: int, runs: int,
                 scratch: Path) -> None:
        self._kinds = {kind: Windows(kind, text, seed) for kind, text in corpus.items()}
        self._tokenizer = folder / "tokenizer.json"
        self._ours_command = bench.java_command(MAIN, (str(folder),), (*PRODUCT_FLAGS, WHOLE_COLLECTIONS_FLAG, "-Xmx2g"))
        self._peer_command = (str(peer), str(self._tokenizer))
        self._runs = runs
        self._file = scratch / "texts"
        self._equal = True

    def measure(self) -> Measured:
        """Everything, in order: compare, warm up, cold windows, conversations, chats, threads."""
        with self._start(OURS, self._ours_command) as ours, self._start("peer", self._peer_command) as peer:
            heap = int(ours.ready()[0])
            peer.ready()
            sides = {OURS: (ours, "time"), **{name: (peer, f"time {name}") for name in PEERS}}
            self._compare(sides)
            self._warm_up(sides)
            ours.ask("words")
            cold = self._cold(sides)
            words = round(ours.ask("words")["hit_rate"], 4)
            turns = self._conversations(
                {OURS: (ours, "time"), **{f"{name}+cache": (peer, f"time {name}+cache") for name in PEERS}})
            chats = self._chats(ours)
            threads = self._threads({OURS: (ours, "throughput"), "fastokens": (peer, "throughput fastokens"),
                                     "baseten": (peer, "throughput baseten")})
        return Measured(self._equal, cold, turns, chats, heap, threads, words)

    @staticmethod
    def _start(name: str, command: Sequence[str]) -> Resident:
        """On the last processor, where nothing else is pinned."""
        return Resident(name, command, processors={max(os.sched_getaffinity(0))})

    def _compare(self, sides: Mapping[str, tuple[Resident, str]]) -> None:
        note("  comparing ids")
        for windows in self._kinds.values():
            self._write([windows.take(SIZES["8k"]) for _ in range(CHECK_WINDOWS)])
            self._time(sides)

    def _warm_up(self, sides: Mapping[str, tuple[Resident, str]]) -> None:
        note("  warming up")
        self._write([windows.take(SIZES["8k"]) for windows in self._kinds.values() for _ in range(CHECK_WINDOWS)])
        self._time(sides)
        ours = sides[OURS][0]
        ours.ask("warm", self._file, WARM_UP_SECONDS)
        self._write(self._conversation(next(iter(self._kinds.values()))))
        ours.ask("warm", self._file, WARM_UP_SECONDS // 3)

    def _cold(self, sides: Mapping[str, tuple[Resident, str]]) -> dict[tuple[str, str], Times]:
        times: dict[tuple[str, str], Times] = {(kind, size): {} for kind in self._kinds for size in SIZES}
        for run in range(self._runs):
            note(f"  cold windows, run {run + 1} of {self._runs}")
            for (kind, size), cell in times.items():
                self._write([self._kinds[kind].take(SIZES[size]) for _ in range(WINDOWS_PER_RUN[size])])
                order = list(sides)[run % len(sides):] + list(sides)[:run % len(sides)]
                for side, nanos in self._time({name: sides[name] for name in order}).items():
                    cell.setdefault(side, []).append(nanos)
        return times

    def _conversations(self, sides: Mapping[str, tuple[Resident, str]]) -> Times:
        note("  conversations")
        times: Times = {}
        for _ in range(CONVERSATIONS_PER_KIND):
            for windows in self._kinds.values():
                self._write(self._conversation(windows))
                for side, nanos in self._time(sides).items():
                    times.setdefault(side, []).append(nanos)
        return times

    def _conversation(self, windows: Windows) -> list[str]:
        """The prompts of all turns, each the one before and two messages more."""
        begin, end = next((marks for token, marks in CHAT_MARKS.items() if self._has(token)), ("{role}: ", "\n"))
        block = windows.take(TURNS * TURN_CHARS)
        prompts, prompt = [], ""
        for turn in range(TURNS):
            text = block[turn * TURN_CHARS:(turn + 1) * TURN_CHARS]
            prompt += begin.format(role="user") + text[:TURN_CHARS // 2] + end
            prompt += begin.format(role="assistant") + text[TURN_CHARS // 2:] + end
            prompts.append(prompt)
        return prompts

    def _chats(self, ours: Resident) -> dict[str, list[int]]:
        note("  chats")
        every = list(self._kinds.values())
        self._write([self._chat(every[i % len(every)]) for i in range(CHATS)])
        for _ in range(CHAT_WARM_UPS):
            ours.ask("chat", self._file)
        self._write([self._chat(every[i % len(every)]) for i in range(CHATS)])
        return ours.ask("chat", self._file)

    def _chat(self, windows: Windows) -> str:
        text = windows.take(SIZES["32k"])
        step = len(text) // CHAT_MESSAGES
        messages = [{"role": ("user", "assistant")[i % 2], "content": text[i * step:(i + 1) * step]}
                    for i in range(CHAT_MESSAGES - 1)]
        messages.append({"role": "user", "content": text[(CHAT_MESSAGES - 1) * step:]})
        if CHAT_MESSAGES % 2 == 0:
            messages[0]["role"] = "system"
            for i, message in enumerate(messages[1:]):
                message["role"] = ("user", "assistant")[i % 2]
        return json.dumps({"model": "m", "messages": messages}, ensure_ascii=False)

    def _threads(self, sides: Mapping[str, tuple[Resident, str]]) -> dict[str, dict[int, float]]:
        note("  threads")
        rates: dict[str, dict[int, float]] = {side: {} for side in sides}
        for count in (1, 2):
            self._write([windows.take(SIZES["8k"]) for windows in self._kinds.values() for _ in range(THREAD_WINDOWS)])
            for side, (driver, command) in sides.items():
                driver.use_processors(sorted(os.sched_getaffinity(0))[:count])
                answer = driver.ask(command, self._file, count)
                rates[side][count] = round(answer["tokens"] / answer["nanos"] * 1e3, 1)
        return rates

    def _has(self, token: str) -> bool:
        added = json.loads(self._tokenizer.read_text("utf-8")).get("added_tokens", [])
        return any(entry["content"] == token for entry in added)

    def _write(self, windows: Sequence[str]) -> None:
        write(self._file, windows)

    def _time(self, sides: Mapping[str, tuple[Resident, str]]) -> dict[str, list[int]]:
        answers = {side: driver.ask(command, self._file) for side, (driver, command) in sides.items()}
        if len({answer["hash"] for answer in answers.values()}) != 1:
            note(f"  ids differ: { {side: (a['hash'], a['tokens']) for side, a in answers.items()} }")
            self._equal = False
        return {side: answer["nanos"] for side, answer in answers.items()}


def _ms(runs: list[list[int]], window: int | None = None) -> float:
    """The median of all windows, or of one window of each run, in milliseconds."""
    nanos = [n for run in runs for n in run] if window is None else [run[window] for run in runs]
    return round(statistics.median(nanos) / 1e6, 4)


def _spread(runs: list[list[int]]) -> str:
    """From which to which run the median moved, in milliseconds."""
    medians = [statistics.median(run) / 1e6 for run in runs]
    return f"{min(medians):.4f}-{max(medians):.4f}"


def _speedup(times: Times, peer: str) -> float:
    """How many times as fast as a peer: the median of what each run says."""
    return round(statistics.median(statistics.median(theirs) / statistics.median(ours)
                                   for ours, theirs in zip(times[OURS], times[peer])), 2)
