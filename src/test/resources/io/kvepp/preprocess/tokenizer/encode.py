"""Encodes texts with Hugging Face tokenizers, special tokens merged from tokenizer_config.json as the frontend does.

usage: python3 encode.py MODEL_FOLDER TEXTS IDS   (needs tokenizers==0.21.4)

TEXTS holds for each text its length in bytes (int32, little endian) and its UTF-8; IDS gets for each text the number of
ids and the ids (int32, little endian). No special token is added, nothing is truncated or padded.
"""

import json
import pathlib
import struct
import sys
from array import array

import tokenizers
from tokenizers import AddedToken, Tokenizer

BATCH_BYTES = 4 << 20


def load(folder: pathlib.Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = folder / "tokenizer_config.json"
    if config.exists():
        entries = json.loads(config.read_text(encoding="utf-8")).get("added_tokens_decoder", {}).values()
        flags = ("single_word", "lstrip", "rstrip", "normalized")
        tokenizer.add_special_tokens([
            AddedToken(e["content"], special=True, **{flag: e.get(flag, False) for flag in flags})
            for e in entries if e.get("special") is True and e.get("content")])
    return tokenizer


def texts(data: bytes):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<i", data, at)
        yield data[at + 4:at + 4 + length].decode("utf-8")
        at += 4 + length


def batches(all_texts):
    batch, size = [], 0
    for text in all_texts:
        batch.append(text)
        size += len(text)
        if size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def main() -> None:
    if tokenizers.__version__ != "0.21.4":
        sys.exit(f"tokenizers: {tokenizers.__version__} (expected: 0.21.4)")
    tokenizer = load(pathlib.Path(sys.argv[1]))
    with open(sys.argv[2], "rb") as source, open(sys.argv[3], "wb") as target:
        for batch in batches(texts(source.read())):
            for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
                ids = array("i", encoding.ids)
                target.write(struct.pack("<i", len(ids)))
                target.write(ids.tobytes())


main()
