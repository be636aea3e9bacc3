"""The command `e2e/demo`: options, order of events, exit status."""

from __future__ import annotations

import argparse
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .console import note
from .demo import Demo, DemoOptions
from .errors import DemoError

PASSED, FAILED, BROKEN, INTERRUPTED = 0, 1, 2, 130

DESCRIPTION = """\
Runs kv-epp between a real Envoy and real Dynamo workers (simulated engines, no GPU) and checks every decision.

On the first run it installs Envoy, Dynamo and a tokenizer into $KV_EPP_CACHE (else ${XDG_CACHE_HOME:-~/.cache}/kv-epp,
about 400 MB) and builds kv-epp with ./mvnw. Then it plays multi-turn conversations with the prefix sharing of real
traffic twice: round-robin, and through kv-epp. For every request of the second half it asks kv-epp why it picked what it
picked and compares the answer with what the workers did."""

EPILOG = """\
exit status: 0 when every answer was 200, every pick was right (the worker with the longest cached prefix served, and
delivered what kv-epp expected), kv-epp's cache hit rate is above round-robin's and no booking is left; 1 when one of
these is not so; 2 when something could not be installed, built or started; 130 when interrupted.

The last line of standard output is one JSON object: bench, mode, requests, ok, mismatches, hit_rate, rr_hit_rate,
ttft_mean_ms, rr_ttft_mean_ms, bookings_left. Progress is on standard error."""


def main(arguments: Sequence[str]) -> int:
    """Runs the demo and returns its exit status; leaves no process behind."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        return _run(options)
    except DemoError as e:
        note(f"e2e/demo: {e}")
        return BROKEN
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED


def _run(options: DemoOptions) -> int:
    """Runs in the chosen folder, or in a temporary one that stays only when its logs tell of a failure."""
    if options.work_dir is not None:
        return _status(Demo(options, _chosen_folder(options.work_dir)))
    folder = Path(tempfile.mkdtemp(prefix="kv-epp-demo-"))
    keep_logs = False
    try:
        status = _status(Demo(options, folder))
        keep_logs = status != PASSED
        return status
    except DemoError:
        keep_logs = True
        raise
    finally:
        if keep_logs and any(folder.iterdir()):
            note(f"logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _status(demo: Demo) -> int:
    return PASSED if demo.run() else FAILED


def _chosen_folder(chosen: Path) -> Path:
    folder = chosen.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DemoError(f"--work-dir: {folder} (expected: a new or empty folder)")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parse(arguments: Sequence[str]) -> DemoOptions:
    parser = argparse.ArgumentParser(prog="e2e/demo", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=_at_least(2), default=200, metavar="N", help="requests of each half (default: 200)")
    parser.add_argument("--aggregated", action="store_true",
                        help="4 aggregated workers instead of 2 prefill and 2 decode workers")
    parser.add_argument("--seed", type=int, default=1, help="chooses the conversations (default: 1)")
    parser.add_argument("--speedup", type=_speedup, default=2.0, metavar="X",
                        help="how much faster than a real engine the workers compute, 0.1 to 10 (default: 2)")
    parser.add_argument("--tokens-per-block", type=_at_least(16), default=128, metavar="N",
                        help="tokens that stand for one 512-token block of the trace (default: 128)")
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards, until Ctrl-C")
    parser.add_argument("--work-dir", type=Path, metavar="DIR",
                        help="new or empty folder for logs and configurations (default: a temporary one)")
    return DemoOptions(**vars(parser.parse_args(arguments)))


def _at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} (expected: at least {least})")
        return value

    parse.__name__ = "number"
    return parse


def _speedup(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 10:
        raise argparse.ArgumentTypeError(f"{text} (expected: 0.1 to 10)")
    return value
