"""Model folders of the oracle: what a committed folder holds and the model directory that Dynamo serves from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import small_model
from ..errors import DemoError

ROOT = Path(__file__).resolve().parents[3] / "src" / "test" / "resources" / "io" / "kvepp" / "preprocess" / "oracle"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")
REQUESTS = "requests.tsv"
SETTINGS = "oracle.json"
SETTING_KEYS = ("card", "dates")


@dataclass(frozen=True)
class Request:
    """One request: a name that is unique in its folder, and the body as a client would write it, byte for byte."""

    name: str
    body: str


@dataclass(frozen=True)
class ModelFolder:
    """One model. `card` is merged into the card its worker publishes; `dates` are the formats of `strftime_now` it prints."""

    path: Path
    requests: tuple[Request, ...]
    card: Mapping[str, Any]
    dates: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name the model is served under."""
        return self.path.name


def committed() -> list[Path]:
    """Returns every committed model folder in the order of its name."""
    return sorted(config.parent for config in ROOT.glob(f"*/{TOKENIZER_CONFIG}"))


def read(paths: Sequence[Path], shared: Path = ROOT / REQUESTS) -> list[ModelFolder]:
    """Reads model folders. Each is asked the requests of the file `shared`, then its own."""
    common = read_requests(shared)
    folders = [_read_one(path, common) for path in paths]
    names = [folder.name for folder in folders]
    for name in names:
        if names.count(name) > 1:
            raise DemoError(f"model folder: {name} twice (expected: folders of different names)")
    return folders


def _read_one(path: Path, common: Sequence[Request]) -> ModelFolder:
    if not (path / TOKENIZER_CONFIG).is_file():
        raise DemoError(f"model folder: {path} (expected: a folder with a {TOKENIZER_CONFIG})")
    own = read_requests(path / REQUESTS) if (path / REQUESTS).exists() else ()
    settings = _settings(path / SETTINGS)
    requests = (*common, *own)
    _require_different(path, requests)
    return ModelFolder(path, requests, settings.get("card", {}), tuple(settings.get("dates", ())))


def _settings(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as e:
        raise DemoError(f"{file}: {e} (expected: a JSON object)") from e
    unknown = sorted(set(settings) - set(SETTING_KEYS))
    if unknown:
        raise DemoError(f"{file}: {', '.join(unknown)} (expected: only {', '.join(SETTING_KEYS)})")
    return settings


def read_requests(file: Path) -> tuple[Request, ...]:
    """Reads `name<TAB>body` lines; empty lines and lines that start with `#` are skipped."""
    requests = []
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as e:
        raise DemoError(f"{file}: {e.strerror} (expected: lines of a name, a tab and a body)") from e
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        name, tab, body = line.partition("\t")
        if not tab or not name or not (body.startswith('{"') and body.endswith("}")):
            raise DemoError(f"{file}:{number}: {line[:60]!r} (expected: a name, a tab, a JSON object with a key)")
        requests.append(Request(name, body))
    return tuple(requests)


def _require_different(path: Path, requests: Iterable[Request]) -> None:
    seen: set[str] = set()
    for request in requests:
        if request.name in seen:
            raise DemoError(f"{path}: request {request.name} twice (expected: different names, those of all folders included)")
        seen.add(request.name)


def build(folder: ModelFolder, target: Path) -> None:
    """Makes the model directory that Dynamo serves: the folder's files, and the tokenizer all folders share."""
    target.mkdir(parents=True)
    for name in (TOKENIZER_CONFIG, *TEMPLATE_FILES):
        if (folder.path / name).exists():
            shutil.copyfile(folder.path / name, target / name)
    own = folder.path / TOKENIZER
    shutil.copyfile(own if own.exists() else ROOT / TOKENIZER, target / TOKENIZER)
    for name, content in small_model.configuration().items():
        (target / name).write_text(json.dumps(content) + "\n", encoding="utf-8")
