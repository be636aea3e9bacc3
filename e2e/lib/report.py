"""The table and the summary that the demo prints. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import judge
from .kv_epp import Choice
from .replay import Played

WHY_CHARACTERS = 60
HEADER = (f"{'request':>7} {'turn':>6} {'prompt':>7} {'expected':>9} {'delivered':>10} {'prefill':>8} {'decode':>7}"
          f" {'status':>7} {'ttft ms':>8}  why")


@dataclass(frozen=True)
class Half:
    """The totals of one half of the demo. Rates are shares of 1; times are milliseconds."""

    requests: int
    ok: int
    prompt_tokens: int
    cached_tokens: int
    hit_rate: float
    ttft_mean_ms: float


def half_of(played: Sequence[Played]) -> Half:
    """Adds up one half; requests that failed count as requests only."""
    good = [p for p in played if p.answer.ok()]
    prompt = sum(p.answer.prompt_tokens for p in good)
    cached = sum(p.evidence.delivered or 0 for p in good)
    ttfts = [p.answer.ttft_ms for p in good if p.answer.ttft_ms is not None]
    hit_rate = cached / prompt if prompt else 0.0
    return Half(len(played), len(good), prompt, cached, hit_rate, sum(ttfts) / len(ttfts) if ttfts else 0.0)


def row(played: Played, names: Mapping[str, str]) -> str:
    """Returns one line of the table, and one more for each thing that is wrong."""
    pick, answer = played.pick, played.answer
    expected = judge.expected_tokens(pick) if pick else "-"
    ttft = f"{answer.ttft_ms:.1f}" if answer.ttft_ms is not None else "-"
    delivered = "-" if played.evidence.delivered is None else played.evidence.delivered
    turn = f"{played.turn.conversation + 1}.{played.turn.turn + 1}"
    prefill, decode = _name(pick.prefill if pick else None, names), _name(pick.decode if pick else None, names)
    line = (f"{played.number:>7} {turn:>6} {answer.prompt_tokens:>7} {expected:>9} {delivered:>10}"
            f" {prefill:>8} {decode:>7} {answer.status:>7} {ttft:>8}"
            f"  {_shortened(pick.why if pick else 'not explained', names)}")
    wrong = [f"mismatch: {_named(p, names)}" for p in played.problems]
    if not answer.ok():
        wrong.append(f"failed: {answer.error or 'the stream ended early'}")
    return "\n".join([line] + [f"        ^ {w}" for w in wrong])


def _name(choice: Choice | None, names: Mapping[str, str]) -> str:
    if choice is None:
        return "-"
    name = names.get(choice.worker_id, choice.worker_id)
    return f"{name}/{choice.dp_rank}" if choice.dp_rank else name


def _named(text: str, names: Mapping[str, str]) -> str:
    for worker_id, name in names.items():
        text = text.replace(worker_id, name)
    return text


def _shortened(text: str, names: Mapping[str, str]) -> str:
    text = _named(text, names)
    return text if len(text) <= WHY_CHARACTERS else text[:WHY_CHARACTERS - 3] + "..."


def comparison(epp: Half, round_robin: Half, reusable: float) -> list[str]:
    """Returns the lines that compare both halves."""
    lines = [f"{'':<12} {'requests':>9} {'answered':>9} {'prompt tokens':>14} {'cached':>10} {'hit rate':>9} {'mean ttft':>10}"]
    for name, half in (("kv-epp", epp), ("round-robin", round_robin)):
        lines.append(f"{name:<12} {half.requests:>9} {half.ok:>9} {half.prompt_tokens:>14} {half.cached_tokens:>10}"
                     f" {half.hit_rate:>9.1%} {half.ttft_mean_ms:>7.1f} ms")
    lines.append(f"An unlimited cache shared by all workers would reach about {reusable:.1%}.")
    return lines


def verdict(epp: Half, round_robin: Half, mismatches: int, bookings_left: int | None) -> list[str]:
    """Returns what keeps the demo from passing; empty when it passes."""
    failed = []
    if epp.ok < epp.requests:
        failed.append(f"{epp.requests - epp.ok} of {epp.requests} requests through kv-epp were not answered with 200")
    if round_robin.ok < round_robin.requests:
        failed.append(f"{round_robin.requests - round_robin.ok} of {round_robin.requests} round-robin requests"
                      " were not answered with 200")
    if mismatches:
        failed.append(f"{mismatches} requests with a mismatch")
    if epp.hit_rate <= round_robin.hit_rate:
        failed.append(f"kv-epp's hit rate {epp.hit_rate:.1%} is not above round-robin's {round_robin.hit_rate:.1%}")
    if bookings_left != 0:
        failed.append(f"bookings left: {'unknown' if bookings_left is None else bookings_left} (expected: 0)")
    return failed
