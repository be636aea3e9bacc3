"""The command `e2e/install-tokenizers`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .console import note, say
from .errors import DemoError
from .npm import NpmMissing
from .tokenizer_files import install

NPM_MISSING_STATUS = 3


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints the paths as one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install-tokenizers", usage="e2e/install-tokenizers",
                                     description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    try:
        files = install()
    except NpmMissing as e:
        note(f"e2e/install-tokenizers: {e}")
        return NPM_MISSING_STATUS
    except DemoError as e:
        note(f"e2e/install-tokenizers: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(files.as_json()))
    return 0
