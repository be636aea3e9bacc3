"""The command `e2e/install-kubernetes`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from ..console import note, say
from ..errors import DemoError
from .go import GoMissing
from .parts import install

GO_MISSING_STATUS = 3


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints the paths as one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install-kubernetes", usage="e2e/install-kubernetes",
                                     description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    try:
        cluster = install()
    except GoMissing as e:
        note(f"e2e/install-kubernetes: {e}")
        return GO_MISSING_STATUS
    except DemoError as e:
        note(f"e2e/install-kubernetes: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(cluster.as_json()))
    return 0
