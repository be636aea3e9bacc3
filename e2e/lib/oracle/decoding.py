"""From token ids back to the text they were made of, for byte-level tokenizers that lose nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .. import small_model
from ..errors import DemoError


class Decoder:
    """Decodes the ids of one model directory. Special tokens of `tokenizer_config.json` are numbered as the frontend does it:

    those that `tokenizer.json` lacks get the next free ids in the order of the file.
    """

    def __init__(self, model: Path):
        tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
        config = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8"))
        byte_of = {character: byte for byte, character in small_model.byte_alphabet().items()}
        vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
        self._bytes = {i: bytes(byte_of[c] for c in token) for token, i in vocabulary.items()}
        added = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
        for token in config.get("added_tokens_decoder", {}).values():
            if token.get("special") and token["content"] not in added:
                added[token["content"]] = vocabulary.get(token["content"], len(vocabulary) + len(added))
        self._bytes.update((i, content.encode()) for content, i in added.items())

    def text(self, ids: Sequence[int]) -> str:
        """Returns the text of these ids."""
        try:
            return b"".join(self._bytes[i] for i in ids).decode()
        except KeyError as e:
            raise DemoError(f"token id: {e.args[0]} (expected: an id of the model's tokenizer)") from e
        except UnicodeDecodeError as e:
            raise DemoError(f"token ids: no UTF-8 text at byte {e.start} (expected: the ids of a text)") from e
