"""The network of the pods: one bridge, and for each pod a network namespace with an address of its own. Needs root."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from ..errors import DemoError

BRIDGE = "kvepp0"
HOST_ADDRESS = "10.245.0.1"
PREFIX_BITS = 16
PODS_PER_SUBNET = 250
PODS_MAX = PODS_PER_SUBNET * 250
NAMESPACE_PREFIX = "kvepp-pod-"
LINK_PREFIX = "kvepp-v"
COMMAND_SECONDS = 20


@dataclass(frozen=True)
class PodNetwork:
    """A pod's place in the network."""

    index: int

    @property
    def namespace(self) -> str:
        """The name of its network namespace."""
        return f"{NAMESPACE_PREFIX}{self.index}"

    @property
    def link(self) -> str:
        """The host's end of its cable."""
        return f"{LINK_PREFIX}{self.index}"

    @property
    def address(self) -> str:
        """The pod's IPv4 address."""
        return pod_address(self.index)

    def create(self) -> None:
        """Makes the namespace, its address and its route."""
        inside = ("-n", self.namespace)
        _ip("netns", "add", self.namespace)
        _ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        _ip("link", "set", self.link, "master", BRIDGE, "up")
        _ip(*inside, "addr", "add", f"{self.address}/{PREFIX_BITS}", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "route", "add", "default", "via", HOST_ADDRESS)

    def remove(self) -> None:
        """Removes what `create` made; what is gone is fine."""
        _try("link", "del", self.link)
        _try("netns", "del", self.namespace)


def pod_address(index: int) -> str:
    """Returns the address of the pod with this number, which counts from 0."""
    if not 0 <= index < PODS_MAX:
        raise DemoError(f"pod number {index} (expected: 0 to {PODS_MAX - 1})")
    return f"10.245.{1 + index // PODS_PER_SUBNET}.{1 + index % PODS_PER_SUBNET}"


def create_bridge() -> None:
    """Makes the bridge and gives the host its address there; first removes what a killed run left."""
    remove_all()
    _ip("link", "add", BRIDGE, "type", "bridge")
    _ip("addr", "add", f"{HOST_ADDRESS}/{PREFIX_BITS}", "dev", BRIDGE)
    _ip("link", "set", BRIDGE, "up")


def remove_all() -> None:
    """Removes the bridge, and every namespace and cable of pods."""
    for namespace in leftovers(_try("netns", "list"), NAMESPACE_PREFIX):
        _try("netns", "del", namespace)
    for link in leftovers(_try("-o", "link"), LINK_PREFIX):
        _try("link", "del", link)
    _try("link", "del", BRIDGE)


def leftovers(listing: str, prefix: str) -> list[str]:
    """Returns the names in a listing of `ip` that are a prefix of ours and a number."""
    return re.findall(rf"(?<![\w-]){re.escape(prefix)}\d+(?![\w-])", listing)


def _ip(*arguments: str) -> None:
    done = _run(arguments)
    if done.returncode != 0:
        raise DemoError(f"ip {' '.join(arguments)} failed: {done.stderr.strip()}")


def _try(*arguments: str) -> str:
    return _run(arguments).stdout


def _run(arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(("ip", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise DemoError(f"ip {' '.join(arguments)}: {e}") from e
