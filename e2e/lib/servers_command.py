"""The command `e2e/install-servers`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .console import note, say
from .errors import DemoError
from .servers import install


def main(arguments: Sequence[str], description: str) -> int:
    """Finds or fetches, prints the paths as one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install-servers", usage="e2e/install-servers", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    try:
        servers = install()
    except DemoError as e:
        note(f"e2e/install-servers: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(servers))
    return 0
