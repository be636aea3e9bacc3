"""The program of the node: runs the pods of a cluster until it is told to stop.

usage: python -m lib.gateway.node_main CONFIGURATION
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from ..console import note
from ..errors import DemoError
from . import images
from .kube_api import KubeApi
from .node import TICK_SECONDS, Node


def main(configuration: Path) -> int:
    """Runs until SIGTERM or SIGINT; a look that fails is tried again."""
    read = json.loads(configuration.read_text())
    api = KubeApi(read["url"], Path(read["authority"]), read["token"])
    node = Node(api, Path(read["folder"]), [images.from_json(image) for image in read["images"]])
    signal.signal(signal.SIGTERM, _stop)
    try:
        node.register()
        while True:
            try:
                node.tick()
            except (OSError, DemoError) as e:
                note(f"a look at the cluster failed: {e}")
            time.sleep(TICK_SECONDS)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        node.close()


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
