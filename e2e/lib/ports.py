"""Free TCP ports of the loopback interface."""

from __future__ import annotations

import random
import socket

from .errors import DemoError

# Below the range from which Linux takes ports for outgoing connections, so that none of those can take a picked port.
LOWEST_PORT = 20000
HIGHEST_PORT = 31999
ATTEMPTS_PER_PORT = 200


def free_ports(count: int) -> list[int]:
    """Returns `count` different ports that were free a moment ago on every local address."""
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            held.append(_bind_any_free())
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


def _bind_any_free() -> socket.socket:
    for _ in range(ATTEMPTS_PER_PORT):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # All addresses: the Dynamo frontend refuses a port that is taken on any of them.
            s.bind(("", random.randint(LOWEST_PORT, HIGHEST_PORT)))
            return s
        except OSError:
            s.close()
    raise DemoError(f"no free TCP port found between {LOWEST_PORT} and {HIGHEST_PORT}")
