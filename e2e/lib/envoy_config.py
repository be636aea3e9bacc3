"""Renders the Envoy configurations of the folder `envoy`."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import DemoError

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "envoy"
DIRECT = TEMPLATES / "direct.yaml"
PLAIN = TEMPLATES / "plain.yaml"


def render(template: str, values: Mapping[str, object]) -> str:
    """Replaces every `${NAME}`; raises DemoError for a name without a value."""
    try:
        return string.Template(template).substitute({k: str(v) for k, v in values.items()})
    except (KeyError, ValueError) as e:
        raise DemoError(f"Envoy template: placeholder {e}") from e


def endpoints(addresses: Sequence[str]) -> list[dict[str, object]]:
    """Returns Envoy's `lb_endpoints` for addresses of the form `ip:port`."""
    return [{"endpoint": {"address": {"socket_address": _socket_address(a)}}} for a in addresses]


def _socket_address(address: str) -> dict[str, object]:
    host, _, port = address.rpartition(":")
    return {"address": host, "port_value": int(port)}
