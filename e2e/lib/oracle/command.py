"""The commands `e2e/oracle/record` and `e2e/oracle/check`."""

from __future__ import annotations

import argparse
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ..console import note, say
from ..errors import DemoError
from ..install import install
from . import folders, golden, recording
from .folders import ModelFolder
from .golden import Line

DONE, DIFFERENT, BROKEN, INTERRUPTED = 0, 1, 2, 130

RECORD = """\
Records what the real Dynamo frontend makes of chat requests: starts one mocker a model folder and one frontend with
--router-mode kv, sends each folder's requests with the annotation query_instance_id:, and writes the token ids, the text
they decode to, or the error to golden.jsonl in the folder. Asks twice: without the frontend's cache of token ids
(DYN_TOKENIZER_CACHE=0), then with it."""

CHECK = """\
Asks the real Dynamo frontend the requests of e2e/oracle/record again and compares its answers, without and with its
cache of token ids, with the golden files."""

EPILOG = """\
A folder holds tokenizer_config.json and, when the template is not in there, chat_template.jinja or chat_template.json;
requests.tsv (a name, a tab and a body a line) beside the requests of all folders; and oracle.json with what its worker's
card says beside the usual ("card") and which dates its template prints ("dates"). No folder means all committed ones.

exit status: 0 when done; 1 when an answer differs (check only); 2 when something could not be installed, read or started;
130 when interrupted. Progress is on standard error."""

Act = Callable[[Sequence[ModelFolder], dict[str, list[Line]]], int]


def record(arguments: Sequence[str]) -> int:
    """Writes golden files and returns the exit status; leaves no process behind."""
    return _main("e2e/oracle/record", RECORD, arguments, _write)


def check(arguments: Sequence[str]) -> int:
    """Compares with golden files and returns the exit status; leaves no process behind."""
    return _main("e2e/oracle/check", CHECK, arguments, compare)


def _main(program: str, description: str, arguments: Sequence[str], act: Act) -> int:
    parser = argparse.ArgumentParser(prog=program, description=description, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=_folder, metavar="FOLDER", help="a model folder, or the name of a committed one")
    chosen = parser.parse_args(arguments).folders
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        models = folders.read(chosen or folders.committed())
        return act(models, _recorded(models))
    except DemoError as e:
        note(f"{program}: {e}")
        return BROKEN
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED


def _folder(text: str) -> Path:
    path = Path(text)
    return (path if path.is_dir() else folders.ROOT / text).absolute()


def _recorded(models: Sequence[ModelFolder]) -> dict[str, list[Line]]:
    """Records in a temporary folder, which stays when its logs tell of a failure."""
    parts = install()
    work = Path(tempfile.mkdtemp(prefix="kv-epp-oracle-"))
    try:
        lines = recording.record(parts.python, work, models)
    except DemoError:
        note(f"logs: {work}")
        raise
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)
    return lines


def _write(models: Sequence[ModelFolder], recorded: dict[str, list[Line]]) -> int:
    for model in models:
        golden.write(model.path, recorded[model.name])
    _summary(models, "recorded")
    return DONE


def compare(models: Sequence[ModelFolder], recorded: dict[str, list[Line]]) -> int:
    """Prints every difference to the golden files and returns the exit status."""
    count = 0
    for model in models:
        for difference in golden.differences(golden.read(model.path), recorded[model.name]):
            say(f"{model.name}: {difference}")
            count += 1
    _summary(models, f"compared, {count} differ")
    return DIFFERENT if count else DONE


def _summary(models: Sequence[ModelFolder], outcome: str) -> None:
    say(f"{len(models)} models, {sum(len(model.requests) for model in models)} requests: {outcome}")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
