"""The command `e2e/install-kubernetes`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from .. import servers
from ..console import note, say
from ..errors import DemoError
from .control_plane import prepare
from .go import GoMissing
from .parts import Cluster, install

MISSING_STATUS = 3


def main(arguments: Sequence[str], description: str) -> int:
    """Installs, prints one JSON line and returns the exit status."""
    parser = argparse.ArgumentParser(prog="e2e/install-kubernetes", usage="e2e/install-kubernetes [--cluster FOLDER]",
                                     description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cluster", type=Path, metavar="FOLDER", help="prepare a new cluster in this folder")
    chosen = parser.parse_args(arguments)
    try:
        cluster = install()
        answer = cluster.as_json() | ({} if chosen.cluster is None else _prepared(cluster, chosen.cluster.absolute()))
    except GoMissing as e:
        note(f"e2e/install-kubernetes: {e}")
        return MISSING_STATUS
    except DemoError as e:
        note(f"e2e/install-kubernetes: {e}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(json.dumps(answer))
    return 0


def _prepared(cluster: Cluster, folder: Path) -> dict[str, object]:
    etcd = servers.install()["etcd"]
    if etcd is None:
        raise DemoError("there is no etcd (expected: the Debian package etcd-server can be had, or etcd is on the PATH)")
    return prepare(folder, cluster, etcd).as_json()
