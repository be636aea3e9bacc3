"""Multi-turn conversations with the prefix sharing of real traffic.

The Mooncake conversation trace names every 512-token block of a prompt by an id: the same id at the same place means
the same text so far. Requests that share at least two ids with another one form a conversation here; every id becomes
a deterministic text of a chosen number of tokens.

The first id is the same in all requests of the trace. It becomes a system message that is shorter than a cache block: as
a full block it would be the only cached prefix of every new conversation and draw all of an idle system's to one worker.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import DemoError
from .words import WORDS

TRACE = Path(__file__).resolve().parent.parent / "data" / "conversation_trace.jsonl"
TRACE_BLOCK_TOKENS = 512
ANSWER_SHARE = 4  # the first quarter of what a turn adds is the assistant's answer to the turn before
TOKENS_PER_MESSAGE = 8  # role markers and the words that are not exactly one token
SYSTEM_MESSAGE = "You are a helpful assistant."
CONTEXT_SHARE = 0.9  # of the context window that a prompt may be estimated to fill


@dataclass(frozen=True)
class Row:
    """One request of the trace; `hash_ids` are without the first, which all requests share."""

    timestamp_ms: int
    hash_ids: tuple[int, ...]


@dataclass(frozen=True)
class Turn:
    """One request of the replay: the whole conversation so far, as chat messages."""

    conversation: int
    turn: int
    hash_ids: tuple[int, ...]
    messages: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Scale:
    """How trace blocks become text: `tokens_per_block` tokens each, prompts within `context_tokens`."""

    tokens_per_block: int
    context_tokens: int

    def estimated_tokens(self, row: Row) -> int:
        """Returns about how many tokens the row's prompt has."""
        return len(row.hash_ids) * (self.tokens_per_block + TOKENS_PER_MESSAGE)

    def fits(self, row: Row) -> bool:
        """Tells whether the prompt surely fits the context window."""
        return self.estimated_tokens(row) <= self.context_tokens * CONTEXT_SHARE


def load(path: Path = TRACE) -> list[Row]:
    """Reads the trace."""
    rows = []
    with path.open() as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                rows.append(Row(int(record["timestamp"]), tuple(record["hash_ids"][1:])))
            except (ValueError, KeyError, TypeError) as e:
                raise DemoError(f"{path.name} line {number}: {e}") from e
    return rows


def conversations(rows: Iterable[Row], scale: Scale) -> list[list[Row]]:
    """Groups the rows that fit and share their first id with another one, each group in time order."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.hash_ids and scale.fits(row):
            groups[row.hash_ids[0]].append(row)
    return [sorted(group, key=lambda r: r.timestamp_ms) for group in groups.values() if len(group) >= 2]


def sample(groups: Sequence[list[Row]], requests: int, seed: int, scale: Scale) -> list[Turn]:
    """Returns exactly `requests` turns of randomly chosen conversations, interleaved as in the trace."""
    available = sum(len(g) for g in groups)
    if not 2 <= requests <= available:
        raise DemoError(f"--requests: {requests} (expected: 2 to {available})")
    chosen: list[list[Row]] = []
    left = requests
    for group in random.Random(seed).sample(groups, len(groups)):
        if left == 0:
            break
        chosen.append(group[:left])
        left -= len(chosen[-1])
    timed = [(row.timestamp_ms, c, t, group) for c, group in enumerate(chosen) for t, row in enumerate(group)]
    timed.sort(key=lambda item: item[:3])
    return [_turn(c, t, group, scale) for _, c, t, group in timed]


def _turn(conversation: int, turn: int, group: Sequence[Row], scale: Scale) -> Turn:
    ids = group[turn].hash_ids
    segments = split_at(ids, branch_points(ids, [other.hash_ids for other in group]))
    return Turn(conversation, turn, ids, tuple(messages(segments, scale.tokens_per_block)))


def shared_length(a: Sequence[int], b: Sequence[int]) -> int:
    """Returns how many ids two rows share from the start."""
    shared = 0
    for x, y in zip(a, b):
        if x != y:
            break
        shared += 1
    return shared


def branch_points(ids: Sequence[int], group: Iterable[Sequence[int]]) -> list[int]:
    """Returns where other rows of the conversation leave this one, and its end: there a turn ends."""
    return sorted({shared_length(ids, other) for other in group} | {len(ids)})


def split_at(ids: Sequence[int], points: Iterable[int]) -> list[Sequence[int]]:
    """Cuts the ids at the points."""
    segments, start = [], 0
    for point in points:
        segments.append(ids[start:point])
        start = point
    return segments


def messages(segments: Sequence[Sequence[int]], tokens_per_block: int) -> list[dict[str, str]]:
    """Returns a system message, then user and assistant in turns, ending with user.

    Rows with equal first segments get equal first messages, so a shared prefix of ids is a shared prefix of tokens.
    """
    first, *later = segments
    result = [{"role": "system", "content": SYSTEM_MESSAGE}, _message("user", _words(first, tokens_per_block))]
    for segment in later:
        words = _words(segment, tokens_per_block)
        answer = max(1, len(words) // ANSWER_SHARE)
        result += [_message("assistant", words[:answer]), _message("user", words[answer:])]
    return result


def _message(role: str, words: Sequence[str]) -> dict[str, str]:
    return {"role": role, "content": " ".join(words)}


def _words(ids: Sequence[int], tokens_per_block: int) -> list[str]:
    return [word for i in ids for word in random.Random(i).choices(WORDS, k=tokens_per_block)]


def working_set_blocks(turns: Iterable[Turn], scale: Scale, block_size: int) -> int:
    """Returns how many cache blocks hold every distinct trace block of the turns once."""
    distinct = {i for turn in turns for i in turn.hash_ids}
    return len(distinct) * scale.tokens_per_block // block_size


def reusable_share(turns: Sequence[Turn]) -> float:
    """Returns the share of trace blocks that an unlimited cache would already hold, request by request."""
    seen: set[int] = set()
    total = reused = 0
    for turn in turns:
        total += len(turn.hash_ids)
        reused += sum(1 for i in turn.hash_ids if i in seen)
        seen.update(turn.hash_ids)
    return reused / total if total else 0.0
