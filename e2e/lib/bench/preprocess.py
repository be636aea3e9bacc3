"""Text to token ids, against the three tokenizers of Dynamo 1.6.1's frontend.

Both sides run on one processor, in turns, within one run. Every text is new to every tokenizer when it is timed; the
ids of all of them are compared. Figures are medians over all windows of all runs, and ratios are taken in each run.

- cold: windows of 1k to 128k characters of English, code, Chinese and JSON; kv-epp as the picker calls it, caches included
- turn 20: conversations that grow by 6,400 characters a turn; the peers inside the frontend's CachedTokenizer. It must not
  take much longer than turn 5
- chat: a parsed chat of 32k characters to block hashes, new (cold) and as a repetition (warm); what it allocates, the
  token ids for the frontend included
- threads: new windows of 8k characters dealt to 1 and to 2 threads

`--corpus FILE` measures your own text (UTF-8) instead of the four kinds, `--model DIR` your own tokenizer.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..console import note, say
from ..errors import DemoError
from . import preprocess_texts as texts
from .frame import Bench, Outcome, table
from .preprocess_run import ModelRun

TITLE = "text to token ids, against Hugging Face, Baseten and fastokens"
FASTOKENS_MIN = {"qwen2.5": 0.8, "llama3": 0.7}
BASETEN_MIN = 3.0
HF_MIN = 40.0
TURN20_MIN = 3.0
TURN20_TO_TURN5_MAX = 1.5
CHAT_COLD_MS_MAX = 0.5
CHAT_WARM_MS_MAX = 0.05
VOCAB_HEAP_MB_MAX = 40.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="measure this text instead of the four kinds")
    parser.add_argument("--model", type=Path, metavar="DIR",
                        help="a folder with tokenizer.json and tokenizer_config.json (default: Qwen2.5, then Llama 3)")


def corpus(options: argparse.Namespace) -> dict[str, str]:
    """The texts to measure, by kind."""
    return texts.corpus() if options.corpus is None else {"own": _read(options.corpus)}


def models(options: argparse.Namespace) -> dict[str, Path]:
    """The folders of the models to measure, by name."""
    return {name: texts.model(name) for name in texts.MODELS} if options.model is None else {"own": options.model}


def run(bench: Bench, options: argparse.Namespace) -> Outcome:
    kinds = corpus(options)
    figures: dict[str, object] = {}
    missed: list[str] = []
    peer = bench.rust("preprocess")
    for name, folder in models(options).items():
        note(f"{name}: {folder}")
        with tempfile.TemporaryDirectory() as scratch:
            measured = ModelRun(bench, peer, folder, kinds, options.seed, options.runs, Path(scratch)).measure()
        say(f"\n{name}")
        for header, rows in measured.tables():
            table(header, rows)
            say("")
        prefix = "" if not figures else f"{name}_"
        figures["equal"] = bool(figures.get("equal", True)) and measured.equal
        figures.update({prefix + key: value for key, value in measured.figures().items()})
        missed.extend(f"{name}: {text}" for text in _missed(name, measured.figures()))
    return Outcome(figures, missed)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as e:
        raise DemoError(f"--corpus: {path}: {e.strerror} (expected: a readable text file)") from e


def _missed(name: str, figures: dict[str, float]) -> list[str]:
    low = {"fastokens_speedup": FASTOKENS_MIN.get(name, min(FASTOKENS_MIN.values())), "baseten_speedup": BASETEN_MIN,
           "hf_speedup": HF_MIN, "turn20_speedup": TURN20_MIN}
    high = {"chat32k_cold_ms": CHAT_COLD_MS_MAX, "chat32k_warm_ms": CHAT_WARM_MS_MAX, "vocab_heap_mb": VOCAB_HEAP_MB_MAX,
            "garbage_bytes": figures["garbage_limit_bytes"],
            "turn20_ms": round(TURN20_TO_TURN5_MAX * figures["turn5_ms"], 4)}
    return [f"{key}: {figures[key]} (expected: at least {limit})" for key, limit in low.items() if figures[key] < limit] + \
           [f"{key}: {figures[key]} (expected: at most {limit})" for key, limit in high.items() if figures[key] > limit]
