"""Writes natives.json: small Unigram, WordPiece and WordLevel tokenizers, strings and their ids.

usage: python3 natives.py   (needs tokenizers==0.21.4)
"""
import json, pathlib, random
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from families import SENTENCES, part

assert tokenizers.__version__ == "0.21.4", tokenizers.__version__
here = pathlib.Path(__file__).parent

def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(vocab_size=220, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return tokenizer

def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer

def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.UnicodeScripts()
    tokenizer.train_from_iterator(SENTENCES, trainers.WordLevelTrainer(special_tokens=["[UNK]"], show_progress=False))
    return tokenizer

def main():
    golden = []
    for seed, tokenizer in enumerate([unigram(), word_piece(), word_level()]):
        tokenizer.enable_truncation(4)
        tokenizer.enable_padding(length=64)
        file = json.loads(tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        r = random.Random(seed)
        added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
        texts = ["", " "] + ["".join(part(r, added) for _ in range(r.choice([2, 5, 10]))) for _ in range(60)]
        golden.append({"file": file, "texts": texts,
            "ids": [tokenizer.encode(t, add_special_tokens=False).ids for t in texts],
            "framed": [tokenizer.encode(t, add_special_tokens=True).ids for t in texts]})
    (here / "natives.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

main()
