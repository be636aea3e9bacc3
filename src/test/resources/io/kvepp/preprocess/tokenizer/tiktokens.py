"""Writes small.tiktoken, the base tokenizer's tokens as a tiktoken file, and tiktokens.json: strings and their ids.

usage: python3 tiktokens.py   (beside tokenizer.json; needs tiktoken==0.14.0)
"""
import base64, importlib.metadata, json, pathlib, random
import tiktoken
from families import COMPOSED, MARKS, SPACES, WORDS, any_code_point

VERSION = importlib.metadata.version("tiktoken")
assert VERSION == "0.14.0", VERSION
here = pathlib.Path(__file__).parent
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
KIMI = "|".join([r"[\p{Han}]+", rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}",
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}", r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+",
    r"\s+(?!\S)", r"\s+"])
CONFIG = {"added_tokens_decoder": {"960": {"content": "[BOS]", "special": True}, "963": {"content": "<|im_end|>"},
                                   "1500": {"content": "<|far|>", "special": False}, "7": {"special": True}}}

def byte_of_char():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}

def main():
    model = json.loads((here / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    alphabet = byte_of_char()
    ranks = {bytes(alphabet[c] for c in token): number for number, token in enumerate(list(model["vocab"])[:957])}
    (here / "small.tiktoken").write_text("".join(
        f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks.items()))
    declared = {e["content"]: int(i) for i, e in CONFIG["added_tokens_decoder"].items() if "content" in e}
    golden = []
    for config, special in ((CONFIG, declared), (None, {})):
        reserved = {f"<|reserved_token_{i}|>": i for i in range(len(ranks), len(ranks) + 256) if i not in special.values()}
        names = special | reserved
        encoding = tiktoken.Encoding("small", pat_str=KIMI, mergeable_ranks=ranks, special_tokens=names)
        r = random.Random(len(special))
        def part():
            kind = r.randrange(10)
            if kind < 4: return r.choice(WORDS + ["iPhone", "HTTPServer's", "we'LL", "it'\u017f", "世Hello界", "１〇二", "𖿰"])
            if kind < 6: return r.choice(SPACES)
            if kind == 6: return r.choice(MARKS)
            if kind == 7: return r.choice(COMPOSED)
            if kind == 8: return any_code_point(r)
            return r.choice([*special, "<|reserved_token_1000|>", "<|reserved_token_960|>", "<|im_end"])
        texts = ["", " "] + ["".join(part() for _ in range(r.choice([2, 5, 10]))) for _ in range(150)]
        golden.append({"config": config, "texts": texts, "ids": [encoding.encode(t, allowed_special="all") for t in texts]})
    (here / "tiktokens.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

main()
