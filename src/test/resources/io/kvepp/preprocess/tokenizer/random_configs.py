"""Writes random tokenizer files, texts, and the ids that Hugging Face tokenizers 0.21.4 gives them.

usage: python3 random_configs.py SEED CONFIGURATIONS TEXTS OUTPUT   (needs tokenizers==0.21.4)

One JSON object a line: `config`, `texts`, `ids` of each text, and `framed`, the ids of the first with special tokens. A
configuration that the library does not load, or on which it breaks, is left out.
"""
import json, random, sys
import families
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

PATTERNS = [
    r"\s+", r"\p{L}+|\p{N}{1,3}|[^\s\p{L}\p{N}]+|\s+", r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+", r"[0-9]", r"[\p{Han}]", r"\p{Lu}\p{Ll}*", r".",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?:\r?\n)+", r"\w+|[^\w\s]+", r" ?[^(\s|[.,!?…。，、।۔،])]+"]
BEHAVIORS = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
SCHEMES = ["always", "first", "never"]
ADDED = ["<|end|>", "<|user|>", "<l>", "<lr>", "<w>", "fox", "dog", " sea", "The", "é", "▁▁", "\n\n", "<s><s>", "<|im_start|>", "ÉCOLE",
    " ", "  ", "the quick", "don't", "1", "12", "世", "<0x41>", "[INST]", "sea shells", "e", "\t", "a b ", "<tool>"]

def byte_level_base():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(families.SENTENCES * 3, trainer)
    return json.loads(tokenizer.to_str()) | {"added_tokens": [], "pre_tokenizer": None}

def normalizer(r):
    return r.choice([
        {"type": r.choice(["NFC", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"])},
        {"type": "Strip", "strip_left": r.random() < 0.5, "strip_right": r.random() < 0.5},
        {"type": "Prepend", "prepend": r.choice(["▁", "▁", " ", "the ", "x"])},
        families.replace(*r.choice([(" ", "▁"), ("▁", " "), ("``", '"'), ("the", "xx"), ("e", ""), ("  ", " "), ("\n", "<n>")])),
        families.replace(r.choice([r"\s{2,}", r"[aeo]+", r" {2,}", r"\n+", r"\p{N}", r"[\t\r]"]), r.choice(["e", " ", "▁", "", "xy"]),
                         "Regex"),
        families.replace(" ", "▁")])

def normalizers(r):
    kind = r.random()
    if kind < 0.36: return None
    if kind < 0.6: return normalizer(r)
    return families.normalizers(*(normalizer(r) for _ in range(r.randrange(4))))

def pre_tokenizer(r):
    return r.choice([
        families.split(r.choice(PATTERNS), r.choice(BEHAVIORS), r.random() < 0.4),
        families.split(r.choice(PATTERNS)),
        families.split(r.choice([" ", "e", "▁", "\n", "th"]), r.choice(BEHAVIORS), r.random() < 0.3, "String"),
        {"type": "Digits", "individual_digits": r.random() < 0.5},
        {"type": "Punctuation", "behavior": r.choice(BEHAVIORS)},
        {"type": r.choice(["Whitespace", "WhitespaceSplit", "BertPreTokenizer"])},
        {"type": "CharDelimiterSplit", "delimiter": r.choice(["e", " ", "▁"])},
        {"type": "FixedLength", "length": r.choice([1, 3, 7])},
        families.metaspace(r.choice(SCHEMES), r.random() < 0.6),
        families.metaspace(r.choice(SCHEMES), r.random() < 0.6),
        families.byte_level(r.random() < 0.4, r.random() < 0.5)])

def pre_tokenizers_of(r, byte_level):
    if byte_level:
        parts = [part for part in (pre_tokenizer(r) for _ in range(r.choice([0, 0, 1, 1, 2, 3]))) if part["type"] not in ("Metaspace", "ByteLevel")]
        parts.append(families.byte_level(r.random() < 0.3, r.random() < 0.4))
        return parts[0] if len(parts) == 1 else families.pre(*parts)
    kind = r.random()
    if kind < 0.2: return None
    if kind < 0.6: return pre_tokenizer(r)
    return families.pre(*(pre_tokenizer(r) for _ in range(r.randrange(4))))

def added(r, vocabulary, byte_level):
    tokens = [] if byte_level else [families.token(name, normalized=r.random() < 0.05) for name in ("<unk>", "<s>", "</s>")]
    for name in r.sample(ADDED, r.choice([0, 1, 2, 4, 8])):
        tokens.append(families.token(name, special=r.random() < 0.6, lstrip=r.random() < 0.25, rstrip=r.random() < 0.25,
                                     single_word=r.random() < 0.2, normalized=r.random() < 0.35))
    return [token | {"id": vocabulary.get(token["content"], 5000 + i)} for i, token in enumerate(tokens)]

def configuration(r, bases, variants):
    byte_level = r.random() < 0.45
    file = json.loads(bases[byte_level])
    model = file["model"]
    if not byte_level:
        model |= r.choice(variants)
    elif r.random() < 0.25:
        model["ignore_merges"] = True
    elif r.random() < 0.1:
        for byte in r.sample(list(model["vocab"])[:256], r.choice([1, 20])):
            del model["vocab"][byte]
        model["merges"] = [merge for merge in model["merges"] if all(part in model["vocab"] for part in merge)]
    file["normalizer"] = normalizers(r)
    file["pre_tokenizer"] = pre_tokenizers_of(r, byte_level)
    file["added_tokens"] = added(r, model["vocab"], byte_level)
    bytes_only = families.byte_level(True)
    file["post_processor"] = r.choice([None, bytes_only] if byte_level else [None, families.TEMPLATE, bytes_only])
    return file

def encoded(r, file, texts):
    oracle = Tokenizer.from_str(json.dumps(file))
    names = [token.content for token in oracle.get_added_tokens_decoder().values()] or ["the"]
    made = ["".join(families.part(r, names) for _ in range(r.choice([1, 2, 5, 10, 20]))) for _ in range(texts)]
    ids = [oracle.encode(text, add_special_tokens=False).ids for text in made]
    return {"config": file, "texts": made, "ids": ids, "framed": oracle.encode(made[0], add_special_tokens=True).ids}

def main(seed, configurations, texts, output):
    r = random.Random(seed)
    characters = families.base_file()
    bases = {False: json.dumps(characters), True: json.dumps(byte_level_base())}
    variants = [{}, *families.models_of(characters).values()]
    with open(output, "w", encoding="utf-8") as out:
        written = 0
        while written < configurations:
            file = configuration(r, bases, variants)
            try:
                line = encoded(r, file, texts)
            except BaseException as e:  # what breaks in the library is no Exception
                if isinstance(e, KeyboardInterrupt): raise
                continue
            out.write(json.dumps(line) + "\n")
            written += 1

if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]), sys.argv[4])
