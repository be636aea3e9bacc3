"""The command `e2e/install-gateway`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from ..console import note, say
from ..errors import DemoError
from ..kubernetes.go import GoMissing
from .parts import install

MISSING_STATUS = 3


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints one JSON line and returns the exit status."""
    argparse.ArgumentParser(prog="e2e/install-gateway", usage="e2e/install-gateway", description=description,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(arguments)
    try:
        say(json.dumps(install().as_json()))
    except GoMissing as e:
        note(f"e2e/install-gateway: {e}")
        return MISSING_STATUS
    except DemoError as e:
        note(f"e2e/install-gateway: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0
