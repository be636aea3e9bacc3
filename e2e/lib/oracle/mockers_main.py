"""The mockers' own process: `python mockers_main.py ARGUMENTS.json`, in the environment that has Dynamo.

The file holds a list of command lines, each what `python -m dynamo.mocker` takes. The workers run side by side in this
one process, as those of one `--num-workers` do: a process each would cost 90 MiB and a second of start-up a model.
Ends all of them on SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvloop
from dynamo.mocker.args import parse_args
from dynamo.mocker.config import apply_worker_engine_args_overrides, load_mocker_engine_args
from dynamo.mocker.main import launch_workers


async def run(command_lines: list[list[str]]) -> None:
    """Runs the workers of every command line until they end."""
    await asyncio.gather(*(_run_one(line) for line in command_lines))


async def _run_one(command_line: list[str]) -> None:
    arguments = parse_args(command_line)
    engine = apply_worker_engine_args_overrides(
        load_mocker_engine_args(arguments), kv_bytes_per_token=arguments.kv_bytes_per_token)
    await launch_workers(arguments, engine)


if __name__ == "__main__":
    uvloop.run(run(json.loads(Path(sys.argv[1]).read_text())))
