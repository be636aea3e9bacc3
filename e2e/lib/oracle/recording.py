"""Asks the real frontend about every request of every model folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from ..console import step
from . import folders, golden
from .decoding import Decoder
from .folders import ModelFolder
from .frontend import Answer, OracleStack, Served
from .golden import Line

# The frontend watches discovery with six inotify instances a model; Linux grants a user 128 for all programs.
MODELS_AT_ONCE = 8


def record(python: str, work: Path, models: Sequence[ModelFolder]) -> dict[str, list[Line]]:
    """Returns the golden lines of every model by its name. Processes and model directories live below `work`."""
    lines: dict[str, list[Line]] = {}
    for start in range(0, len(models), MODELS_AT_ONCE):
        batch = models[start:start + MODELS_AT_ONCE]
        with step(f"models {start + 1} to {start + len(batch)} of {len(models)}"):
            lines.update(_record_batch(python, work / f"models-{start}", batch))
    return lines


def _record_batch(python: str, work: Path, models: Sequence[ModelFolder]) -> dict[str, list[Line]]:
    served = [Served(model.name, work / "models" / model.name, model.card) for model in models]
    for model, one in zip(models, served):
        folders.build(model, one.folder)
    stack = OracleStack(python, work, served)
    try:
        stack.start_workers()
        plain = _ask_all(stack, models, served, cache=False)
        cached = _ask_all(stack, models, served, cache=True)
    finally:
        stack.close()
    return {name: golden.with_cached(name, lines, cached[name]) for name, lines in plain.items()}


def _ask_all(stack: OracleStack, models: Sequence[ModelFolder], served: Sequence[Served], *, cache: bool) -> dict[str, list[Line]]:
    stack.start_frontend(cache=cache)
    return {model.name: _ask_model(stack, model, one) for model, one in zip(models, served)}


def _ask_model(stack: OracleStack, model: ModelFolder, served: Served) -> list[Line]:
    decoder = Decoder(served.folder)
    answers = stack.ask(model.name, [request.body for request in model.requests])
    now = datetime.now(timezone.utc)
    lines = [_line(request.name, answer, decoder) for request, answer in zip(model.requests, answers, strict=True)]
    return [golden.undated(line, model.dates, now) for line in lines]


def _line(name: str, answer: Answer, decoder: Decoder) -> Line:
    if answer.status == 200:
        return golden.answered(name, decoder.text(answer.ids), answer.ids)
    return golden.refused(name, answer.status, answer.message)
