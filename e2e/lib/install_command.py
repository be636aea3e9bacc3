"""The command `e2e/install`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .console import note, say
from .errors import DemoError
from .install import install


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints the paths as one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install", usage="e2e/install", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    try:
        parts = install()
    except DemoError as e:
        note(f"e2e/install: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(parts.as_json()))
    return 0
