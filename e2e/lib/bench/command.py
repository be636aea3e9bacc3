"""The command `e2e/bench`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from types import ModuleType

from ..build import java_home
from ..console import note
from ..errors import DemoError
from . import events, extproc, index, index_capacity, pick, preprocess, router, routing
from .frame import Bench

BENCHMARKS: dict[str, ModuleType] = {
    "index": index,
    "index-capacity": index_capacity,
    "events": events,
    "extproc": extproc,
    "preprocess": preprocess,
    "pick": pick,
    "routing": routing,
    "router": router,
}

DESCRIPTION = """Measures one part of kv-epp against its peer, in one run on this machine, and compares their results first.

Progress is on standard error. Standard output is a table, then one flat JSON object on the last line.
"""


def main(arguments: Sequence[str]) -> int:
    """Runs one benchmark and returns the exit status: 0 measured, 1 results differ, 2 could not run."""
    options = _parser().parse_args(arguments)
    try:
        bench = Bench(options.name, java_home())
        outcome = BENCHMARKS[options.name].run(bench, options)
    except DemoError as e:
        note(f"e2e/bench: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    bench.say_last_line(outcome, options.seed, options.runs)
    for failure in outcome.failures or ():
        note(f"e2e/bench: {failure}")
    return 1 if outcome.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="e2e/bench", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, module in BENCHMARKS.items():
        benchmark = names.add_parser(name, help=module.TITLE, description=module.__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
        benchmark.add_argument("--seed", type=int, default=1, help="seed of everything random (default: %(default)s)")
        benchmark.add_argument("--runs", type=_positive, default=5, help="measured runs of each side (default: %(default)s)")
        module.add_arguments(benchmark)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} (expected: a whole number > 0)")
    return int(text)
