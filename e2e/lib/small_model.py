"""Generates a small model directory without weights: a byte-level BPE tokenizer and a chat template.

Deterministic; standard library only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .words import WORDS

CONTEXT_TOKENS = 32768
# The mocker answers with random ids in 1000..1999: a smaller vocabulary would decode answers to nothing.
VOCABULARY_SIZE = 2048
MERGES_MAX = 1400
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
ROLE_LINES = ("system\n", "user\n", "assistant\n")
PRE_TOKENIZER = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
                 r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CHAT_TEMPLATE = ("{%- for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
                 "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")

Piece = tuple[str, ...]


def write(folder: Path) -> None:
    """Writes the four files of the model directory into an existing folder."""
    files = {"tokenizer.json": tokenizer(), "tokenizer_config.json": _tokenizer_config(_special_ids()), **configuration()}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def tokenizer() -> dict[str, object]:
    """Returns the content of `tokenizer.json`. Every text comes back from its ids."""
    merges = _train(MERGES_MAX)
    return _tokenizer(_vocabulary(merges), merges, _special_ids())


def configuration() -> dict[str, dict[str, object]]:
    """Returns the contents of `config.json` and `generation_config.json` by file name."""
    ids = _special_ids()
    return {"config.json": _config(VOCABULARY_SIZE + len(ids), ids), "generation_config.json": _generation_config(ids)}


def _special_ids() -> dict[str, int]:
    return {token: VOCABULARY_SIZE + i for i, token in enumerate(SPECIAL_TOKENS)}


def byte_alphabet() -> dict[int, str]:
    """Returns the printable character that stands for each byte in byte-level BPE."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {b: chr(b) for b in printable}
    rest = (b for b in range(256) if b not in alphabet)
    alphabet.update({b: chr(256 + i) for i, b in enumerate(rest)})
    return alphabet


def _train(merges_max: int) -> list[tuple[str, str]]:
    alphabet = byte_alphabet()
    texts = [f" {word}" for word in WORDS] + [part for line in ROLE_LINES for part in (line[:-1], "\n")]
    pieces: Counter[Piece] = Counter(tuple(alphabet[b] for b in text.encode()) for text in texts)
    merges: list[tuple[str, str]] = []
    while len(merges) < merges_max:
        pairs: Counter[tuple[str, str]] = Counter()
        for piece, count in pieces.items():
            for pair in zip(piece, piece[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        pieces = Counter({_merge(piece, best): count for piece, count in pieces.items()})
    return merges


def _merge(piece: Piece, pair: tuple[str, str]) -> Piece:
    if pair[0] not in piece:
        return piece
    merged: list[str] = []
    for symbol in piece:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return tuple(merged)


def _vocabulary(merges: list[tuple[str, str]]) -> dict[str, int]:
    vocabulary: dict[str, int] = {}
    for symbol in byte_alphabet().values():
        vocabulary[symbol] = len(vocabulary)
    for left, right in merges:
        vocabulary.setdefault(left + right, len(vocabulary))
    for word in _filler_words():
        if len(vocabulary) >= VOCABULARY_SIZE:
            return vocabulary
        vocabulary.setdefault(word, len(vocabulary))
    raise AssertionError("too few filler words")


def _filler_words() -> Iterator[str]:
    """Yields readable words that only decoding meets: no merge leads to them."""
    space = byte_alphabet()[32]
    for first in "bdfgklmnprstvz":
        for vowel in "aeiou":
            for middle in ("", "l", "m", "n", "r", "s", "t"):
                for last in ("ka", "no", "ri", "tu"):
                    yield space + first + vowel + middle + last


def _special(token_id: int, content: str) -> dict[str, object]:
    return {"id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True}


def _tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]], ids: dict[str, int]) -> dict[str, object]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(i, token) for token, i in ids.items()],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PRE_TOKENIZER}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
        ]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocabulary, "merges": [f"{left} {right}" for left, right in merges],
        },
    }


def _tokenizer_config(ids: dict[str, int]) -> dict[str, object]:
    added = {str(i): {k: v for k, v in _special(i, token).items() if k != "id"} for token, i in ids.items()}
    return {"tokenizer_class": "Qwen2Tokenizer", "model_max_length": CONTEXT_TOKENS, "clean_up_tokenization_spaces": False,
            "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
            "add_bos_token": False, "chat_template": CHAT_TEMPLATE, "added_tokens_decoder": added}


def _config(vocabulary_size: int, ids: dict[str, int]) -> dict[str, object]:
    return {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": vocabulary_size,
            "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "max_position_embeddings": CONTEXT_TOKENS, "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"], "torch_dtype": "bfloat16", "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True}


def _generation_config(ids: dict[str, int]) -> dict[str, object]:
    end, stop = ids["<|endoftext|>"], ids["<|im_end|>"]
    return {"bos_token_id": end, "eos_token_id": [stop, end], "pad_token_id": end, "do_sample": False}
