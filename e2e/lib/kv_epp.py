"""Reads kv-epp's admin port: pick explanations, workers, metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import rest

BOOKINGS_METRIC = "kv_epp_bookings_active"


@dataclass(frozen=True)
class Choice:
    """A worker rank in a pick: chosen, or one of the candidates (`role` is empty for the chosen)."""

    worker_id: str
    dp_rank: int
    overlap_blocks: int
    cost: float
    role: str = ""


@dataclass(frozen=True)
class Pick:
    """Why kv-epp sent one request where it did."""

    request_id: str
    prompt_tokens: int
    block_size: int
    mode: str
    why: str
    decode: Choice | None
    prefill: Choice | None
    candidates: tuple[Choice, ...]


def pick_of(admin_port: int, request_id: str) -> Pick | None:
    """Returns the explanation of one request; None when kv-epp has none."""
    answer = rest.get_json(admin_port, f"/picks/{request_id}")
    return None if answer is None else parse_pick(answer)


def parse_pick(answer: Mapping[str, Any]) -> Pick:
    """Reads one `/picks/<id>` object."""
    return Pick(
        request_id=answer["requestId"], prompt_tokens=int(answer["promptTokens"]), block_size=int(answer["blockSize"]),
        mode=answer["mode"], why=answer["why"], decode=_choice(answer.get("decode")), prefill=_choice(answer.get("prefill")),
        candidates=tuple(c for c in map(_choice, answer["candidates"]) if c is not None))


def _choice(value: Mapping[str, Any] | None) -> Choice | None:
    if value is None:
        return None
    return Choice(str(value["workerId"]), int(value["dpRank"]), int(value["overlapBlocks"]), float(value["cost"]),
                  value.get("role", ""))


def last_event_ids(workers: Mapping[str, Any]) -> dict[tuple[str, int], int]:
    """Returns the newest applied event id per worker and rank of a `/workers` answer; ranks without events are left out."""
    ids = {}
    for worker in workers.get("workers", ()):
        last = worker.get("lastEventId")
        if last is not None and int(last) > 0:
            ids[str(worker["workerId"]), int(worker["dpRank"])] = int(last)
    return ids


def workers(admin_port: int) -> dict[str, Any]:
    """Returns the `/workers` answer; empty when there is none."""
    return rest.get_json(admin_port, "/workers") or {}


def bookings(admin_port: int) -> int | None:
    """Returns the gauge of active bookings; None when it cannot be read."""
    try:
        status, body = rest.get(admin_port, "/metrics")
    except OSError:
        return None
    return parse_gauge(body.decode(), BOOKINGS_METRIC) if status == 200 else None


def parse_gauge(exposition: str, name: str) -> int | None:
    """Returns the sum of a gauge's samples in a Prometheus text; None when there is none."""
    values = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)", exposition, re.MULTILINE)
    return round(sum(map(float, values))) if values else None
