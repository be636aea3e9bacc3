"""Golden files: one JSON object a line for each request of a folder, in the order of the requests.

- `{"name", "text", "ids"}`: the frontend made a prompt of the request. `text` is what the ids decode to
- `{"name", "text"}`: so it did, and the text holds a date, which stands there as `{format}`
- `{"name", "text", "ids", "cachedText", "cachedIds"}`: with its own cache of token ids the frontend gives other ids, which
  may decode to another text
- `{"name", "status", "message"}`: the frontend refused the request
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import DemoError

FILE = "golden.jsonl"
SHOWN_CHARACTERS = 60
SHOWN_IDS = 8

Line = dict[str, Any]


def answered(name: str, text: str, ids: Sequence[int]) -> Line:
    """Returns the line of a request that got a prompt."""
    return {"name": name, "text": text, "ids": list(ids)}


def refused(name: str, status: int, message: str) -> Line:
    """Returns the line of a request that got an error."""
    return {"name": name, "status": status, "message": message}


def undated(line: Line, formats: Sequence[str], now: datetime) -> Line:
    """Returns the line with every date of these formats replaced by its format, so that it holds on every day."""
    if not formats or "text" not in line:
        return line
    text = line["text"]
    for form in formats:
        text = text.replace(now.strftime(form), "{" + form + "}")
    return {"name": line["name"], "text": text}


def with_cached(model: str, plain: Sequence[Line], cached: Sequence[Line]) -> list[Line]:
    """Joins two recordings of one model's requests: without and with the frontend's own cache of token ids."""
    return [_joined(model, one, other) for one, other in zip(plain, cached, strict=True)]


def _joined(model: str, plain: Line, cached: Line) -> Line:
    if plain == cached:
        return plain
    if "ids" not in plain or "ids" not in cached:
        raise DemoError(f"{model}: {plain['name']}: {_difference(plain, cached)}, with the frontend's own cache "
                        "(expected: other token ids at most)")
    text = {} if plain["text"] == cached["text"] else {"cachedText": cached["text"]}
    return {**plain, **text, "cachedIds": cached["ids"]}


def write(folder: Path, lines: Sequence[Line]) -> None:
    """Writes a folder's golden file."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (folder / FILE).write_text(text, encoding="utf-8")


def read(folder: Path) -> list[Line]:
    """Reads a folder's golden file."""
    file = folder / FILE
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    except OSError as e:
        raise DemoError(f"{file}: {e.strerror} (run e2e/oracle/record {folder.name} first)") from e
    except ValueError as e:
        raise DemoError(f"{file}: {e} (expected: one JSON object a line)") from e


def differences(expected: Sequence[Line], actual: Sequence[Line]) -> list[str]:
    """Names every request whose outcome is not the recorded one, and how it differs."""
    found = {line["name"]: line for line in actual}
    known = {line["name"] for line in expected}
    result = [f"{name}: not in the golden file" for name in found if name not in known]
    for line in expected:
        other = found.get(line["name"])
        if other is None:
            result.append(f"{line['name']}: in the golden file, but not among the requests")
        elif other != line:
            result.append(f"{line['name']}: {_difference(line, other)}")
    return result


def _difference(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str:
    for key in ("status", "message", "text", "cachedText"):
        if expected.get(key) != actual.get(key):
            return f"{key}: {_shown(expected.get(key), actual.get(key))}"
    kind = "ids" if expected.get("ids") != actual.get("ids") else "cachedIds"
    old, new = expected.get(kind) or (), actual.get(kind) or ()
    at = _first_difference(old, new)
    return f"the same text, other {kind}: from token {at} on, {list(old[at:at + SHOWN_IDS])} is now {list(new[at:at + SHOWN_IDS])}"


def _shown(expected: Any, actual: Any) -> str:
    if not isinstance(expected, str) or not isinstance(actual, str):
        return f"{_cut(expected, 0)} is now {_cut(actual, 0)}"
    at = _first_difference(expected, actual)
    return f"from character {at} on, {_cut(expected, at)} is now {_cut(actual, at)}"


def _first_difference(one: Sequence[Any], other: Sequence[Any]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _cut(value: Any, start: int) -> str:
    if not isinstance(value, str):
        return str(value)
    return repr(value[start:start + SHOWN_CHARACTERS])
