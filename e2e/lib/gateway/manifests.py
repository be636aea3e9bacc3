"""Manifests as the API server reads them: YAML documents, of which only the identity is looked at here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DemoError

_SEPARATOR = re.compile(r"^---[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*(#.*)?$")


@dataclass(frozen=True)
class Manifest:
    """One object. `text` is the whole document; `namespace` is empty when it names none."""

    api_version: str
    kind: str
    name: str
    namespace: str
    text: str


def read(file: Path) -> list[Manifest]:
    """Returns the objects of a file in their order."""
    return parse(file.read_text(), str(file))


def parse(text: str, source: str) -> list[Manifest]:
    """Returns the objects of a text; raises DemoError naming the document that has no identity."""
    documents = [document for document in _SEPARATOR.split(text) if not _is_empty(document)]
    return [_identify(document, f"{source}, document {number}") for number, document in enumerate(documents, 1)]


def _is_empty(document: str) -> bool:
    return all(_COMMENT.match(line) for line in document.splitlines())


def _identify(document: str, where: str) -> Manifest:
    found = {key: _first(rf"^{key}:[ \t]*(\S+)", document) for key in ("apiVersion", "kind")}
    metadata = _metadata(document)
    name, namespace = (_first(rf"(?:^|[{{,\s]){key}:[ \t]*([^\s,}}]+)", metadata) for key in ("name", "namespace"))
    for key, value in {**found, "metadata.name": name}.items():
        if not value:
            raise DemoError(f"{where}: {key} is missing (expected: a Kubernetes object)")
    return Manifest(found["apiVersion"], found["kind"], name, namespace, document)


def _metadata(document: str) -> str:
    """The direct children of `metadata`, in block or flow style; labels and annotations may repeat the same keys."""
    flow = _first(r"^metadata:[ \t]*\{(.*)\}[ \t]*$", document)
    if flow:
        return re.sub(r"\{[^{}]*\}", "", flow)
    block = _first(r"^metadata:[ \t]*\n((?:[ \t]+.*\n?|[ \t]*\n)*)", document)
    indents = [len(line) - len(line.lstrip()) for line in block.splitlines() if line.strip()]
    if not indents:
        return ""
    # Only a line of its own counts: a flow-style map behind a key would show its own names.
    return "\n".join(re.sub(r"\{.*", "", line) for line in block.splitlines()
                     if line.strip() and len(line) - len(line.lstrip()) == indents[0])


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip("\"'") if found else ""
