"""The command `e2e/install-envoys`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .console import note, say
from .envoys import install
from .errors import DemoError


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints the binaries as one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install-envoys", usage="e2e/install-envoys", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    try:
        binaries = install()
    except DemoError as e:
        note(f"e2e/install-envoys: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(binaries))
    return 0
