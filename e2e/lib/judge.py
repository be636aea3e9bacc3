"""Decides whether a pick was right and whether what it promised was delivered. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .client import Answer
from .kv_epp import Choice, Pick
from .tap import StoredBlocks

AGGREGATED_MODE, DISAGGREGATED_MODE = "aggregated", "disaggregated"


@dataclass(frozen=True)
class Evidence:
    """What is known about one answered request besides the pick.

    `served_by` are the workers that logged it; `delivered` are the prompt tokens the engine did not compute; `stored_by`
    are the workers that stored blocks of its prompt.
    """

    answer: Answer
    served_by: frozenset[str]
    stored_by: frozenset[str]
    delivered: int | None


def cacheable_tokens(prompt_tokens: int, block_size: int) -> int:
    """Returns how many prompt tokens a cache can save: whole blocks, and at least one token is computed."""
    return max(0, prompt_tokens - 1) // block_size * block_size


def delivered_from_events(stored: Iterable[StoredBlocks], prompt_tokens: int, block_size: int) -> int:
    """Returns the cached prompt tokens of a request whose prompt made workers store these blocks anew."""
    blocks = prompt_tokens // block_size
    anew = sum(s.below(blocks) for s in stored)
    return min((blocks - anew) * block_size, cacheable_tokens(prompt_tokens, block_size))


def cache_choice(pick: Pick) -> Choice | None:
    """Returns the chosen worker whose cache saves the prompt's computation: prefill, or the aggregated worker."""
    return pick.prefill if pick.mode == DISAGGREGATED_MODE else pick.decode


def expected_tokens(pick: Pick) -> int:
    """Returns the cached prompt tokens that the pick promises."""
    choice = cache_choice(pick)
    if choice is None:
        return 0
    return min(choice.overlap_blocks * pick.block_size, cacheable_tokens(pick.prompt_tokens, pick.block_size))


def problems(pick: Pick | None, evidence: Evidence, mode: str, candidates_expected: int) -> list[str]:
    """Returns what is wrong with a request's pick; empty when all is well."""
    if pick is None:
        return ["kv-epp does not explain the pick"]
    if pick.mode != mode:
        return [f"mode: {pick.mode} (expected: {mode}; why: {pick.why})"]
    found = _pick_problems(pick, candidates_expected)
    if evidence.answer.ok():
        found += _answer_problems(pick, evidence)
    return found


def _pick_problems(pick: Pick, candidates_expected: int) -> list[str]:
    role = "PREFILL" if pick.mode == DISAGGREGATED_MODE else "AGGREGATED"
    choice = cache_choice(pick)
    candidates = [c for c in pick.candidates if c.role == role]
    if choice is None:
        return [f"no {role} worker in the pick"]
    if len(candidates) != candidates_expected:
        return [f"{role} candidates: {len(candidates)} (expected: {candidates_expected})"]
    best = max(candidates, key=lambda c: c.overlap_blocks)
    if choice.overlap_blocks < best.overlap_blocks:
        return [f"picked {choice.worker_id} with {choice.overlap_blocks} cached blocks, "
                f"but {best.worker_id} has {best.overlap_blocks}"]
    return []


def _answer_problems(pick: Pick, evidence: Evidence) -> list[str]:
    found = []
    answer = evidence.answer
    if pick.prompt_tokens != answer.prompt_tokens:
        found.append(f"prompt tokens: kv-epp {pick.prompt_tokens}, frontend {answer.prompt_tokens}")
    if expected_tokens(pick) != evidence.delivered:
        found.append(f"cached tokens: expected {expected_tokens(pick)}, delivered {evidence.delivered}")
    return found + _serving_problems(pick, evidence)


def _serving_problems(pick: Pick, evidence: Evidence) -> list[str]:
    found = []
    picked = {c.worker_id for c in (pick.decode, pick.prefill) if c is not None}
    named = {w for w in (evidence.answer.decode_worker, evidence.answer.prefill_worker) if w is not None}
    storing = {c.worker_id for c in (cache_choice(pick),) if c is not None}
    if named != picked:
        found.append(f"the answer names {_ids(named)}, picked {_ids(picked)}")
    if evidence.served_by != picked:
        found.append(f"served by {_ids(evidence.served_by)} according to the workers' logs, picked {_ids(picked)}")
    if not evidence.stored_by <= storing:
        found.append(f"blocks stored by {_ids(evidence.stored_by)}, picked {_ids(storing)}")
    return found


def _ids(workers: Collection[str]) -> str:
    return ", ".join(sorted(workers)) or "nobody"
