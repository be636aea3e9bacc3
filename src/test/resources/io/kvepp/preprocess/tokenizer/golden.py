"""Writes golden.json: strings and the ids Hugging Face tokenizers gives them.

usage: python3 golden.py   (beside tokenizer.json; needs tokenizers==0.21.4)
"""
import copy, json, pathlib, random
import tokenizers
from tokenizers import Tokenizer

assert tokenizers.__version__ == "0.21.4", tokenizers.__version__
here = pathlib.Path(__file__).parent
base = json.loads((here / "tokenizer.json").read_text(encoding="utf-8"))

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = "|".join([
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?",
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]

def cl100k(numbers):
    return (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|" + numbers
            + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

def byte_level(prefix=True, regex=False):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}

def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}

def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}

def token(content, **flags):
    return {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True} | flags

ADDED = [token("<|a|>", lstrip=True), token("<|b|>", rstrip=True), token("<|c|>", lstrip=True, rstrip=True),
    token("<|d|>", single_word=True), token("<|w", single_word=True, lstrip=True, special=False),
    token("<|a|><|b|>"), token("é", normalized=True, special=False),
    token("the", normalized=True, special=False, single_word=True), token("ﬁ", normalized=True, special=False),
    token(" x", special=False), token("x ", rstrip=True, special=False), token("qu", special=False),
    token("e\u0301x", normalized=True, special=False, lstrip=True), token("the quick", special=False, normalized=True),
    token("<|a|>", rstrip=True), token("  ", special=False), token("\n\n", special=False, normalized=True, lstrip=True)]

cl100k_plain = sequence(split(cl100k(r"\p{N}{1,3}")), byte_level(False))
VARIANTS = {
    "as it is": {},
    "gpt2": {"pre_tokenizer": byte_level(True, True)},
    "gpt2, split": {"pre_tokenizer": sequence(split(GPT2), byte_level())},
    "qwen2": {"pre_tokenizer": sequence(split(cl100k(r"\p{N}")), byte_level()), "normalizer": {"type": "NFC"}},
    "llama3": {"pre_tokenizer": sequence(split(cl100k(r"\p{N}{1,3}")), byte_level())},
    "cl100k, long numbers": {"pre_tokenizer": sequence(split(cl100k(r"\p{N}+"), "Removed", True), byte_level())},
    "o200k": {"pre_tokenizer": sequence(split(O200K), byte_level())},
    "deepseek_v3": {"pre_tokenizer": sequence(*map(split, DEEPSEEK), byte_level())},
    "digits": {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": True}, byte_level())},
    "digits together": {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": False}, byte_level())},
    "word characters": {"pre_tokenizer": sequence(split(r"\w+|\W"), byte_level())},
    "empty matches": {"pre_tokenizer": sequence(split(r"\s*|a*?e"), byte_level())},
    "NFD": {"normalizer": {"type": "NFD"}, "pre_tokenizer": cl100k_plain},
    "NFKC": {"normalizer": {"type": "NFKC"}, "pre_tokenizer": cl100k_plain},
    "NFKD": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKD"}]}, "pre_tokenizer": cl100k_plain},
    "added": {"normalizer": {"type": "NFC"}, "added_tokens": ADDED, "pre_tokenizer": cl100k_plain},
    "added, NFKC": {"normalizer": {"type": "NFKC"}, "added_tokens": ADDED, "pre_tokenizer": byte_level(True, True)},
}
for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
    for invert in (False, True):
        VARIANTS[f"{behavior}, invert {invert}"] = {
            "pre_tokenizer": sequence(split(r"\s|[aeo\p{Lu}]", behavior, invert), byte_level())}
    VARIANTS[f"{behavior}, string"] = {"pre_tokenizer": sequence(split("e", behavior, kind="String"), byte_level())}

WORDS = ("the quick Brown fox JUMPS lazyDog iPhone HTTPServer don't I'm we'LL they'Ve it'S You'RE naïve Straße "
    "привет ПРИВЕТ κόσμε 世界 你好 こんにちは カタカナ 한국어 नमस्ते สวัสดี مرحبا ǅ ʰ ªº x² ½ ①② Ⅻ ٣٤٥ 123 1234567 3.14 "
    "foo(bar): <div> // /* == ... --- ###").split()
SPACES = ["  ", "   ", "\t", "\n", "\r\n", "\n\n", "\u00a0", "\u0085", "\u2003", "\u3000", "\u200b", "\u2028",
    "\u180e", "\ufeff", "\x0b", "\x1c", "\n   ", "   \n", "/"]
CONTRACTED = ["'s", "'S", "'\u017f", "'T", "'RE", "'rE", "'Ve", "'m", "'lL", "'d", "\u2019s", "''s", "'x", "'l"]
MARKS = [chr(c) for c in (0x301, 0x327, 0x323, 0x345, 0x338, 0x93C, 0x9BE, 0x1161, 0x11A8, 0x3099, 0x20E3, 0xFE0F,
    0x1D165, 0x1E000, 0x7FD, 0x897, 0x1DF7, 0x10D24, 0x1E130, 0x105D2, 0x113C9, 0x11930, 0x1611E)]
COMPOSED = ["é", "\u212b", "ﬁ", "①", "㍿", "각", "\u1100\u1161", "ẛ\u0323", "d\u0307\u0323", "\u0344", "\u0958",
    "\uf900", "\u2000", "=\u0338", "か\u3099", "\u1fc1", "👍🏽", "👨‍👩‍👧", "🇩🇪", "1️⃣", "😀"]

def any_code_point(r):
    while True:
        c = r.choice([r.randrange(0x20, 0x250), r.randrange(0x250, 0x3000), r.randrange(0x3000, 0x10000),
                      r.randrange(0x10000, 0x20000), r.randrange(0x110000)])
        if not 0xD800 <= c < 0xE000:
            return chr(c)

def part(r, added):
    kind = r.randrange(12)
    if kind < 3: return r.choice(WORDS)
    if kind == 3: return " "
    if kind < 6: return r.choice(SPACES)
    if kind == 6: return r.choice(CONTRACTED)
    if kind == 7: return r.choice(MARKS)
    if kind == 8: return r.choice(COMPOSED)
    if kind == 9: return any_code_point(r)
    if kind == 10: return "".join(r.choice("0123456789٣²") for _ in range(r.randrange(1, 6)))
    name = r.choice(added)
    return r.choice([name, name, name[:-1], name.upper(), name + " "])

golden = []
for number, (name, members) in enumerate(VARIANTS.items()):
    file = copy.deepcopy(base) | members
    oracle = Tokenizer.from_str(json.dumps(file))
    added = [t.content for t in oracle.get_added_tokens_decoder().values()]
    r = random.Random(number)
    texts = ["", " ", "a"] if not members else []
    texts += ["".join(part(r, added) for _ in range(r.choice([2, 5, 10])))
              for _ in range(200 if not members else 16)]
    golden.append({"variant": name, "members": members, "texts": texts,
                   "ids": [oracle.encode(t, add_special_tokens=False).ids for t in texts]})
with open(here / "golden.json", "w", encoding="utf-8") as out:
    json.dump(golden, out, separators=(",", ":"))
    out.write("\n")
