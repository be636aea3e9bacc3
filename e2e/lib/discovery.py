"""Reads Dynamo's file discovery folder: who has registered."""

from __future__ import annotations

import json
from pathlib import Path


def worker_ids_by_port(folder: Path) -> dict[int, str]:
    """Returns the instance id of every registered `generate` endpoint by the port of its request plane."""
    ids = {}
    for file in folder.glob("v1/instances/*"):
        try:
            instance = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue  # being written or removed just now
        if instance.get("endpoint") == "generate":
            address = instance["transport"]["tcp"].split("/", 1)[0]
            ids[int(address.rsplit(":", 1)[1])] = str(instance["instance_id"])
    return ids


def kv_event_channels(folder: Path) -> int:
    """Returns how many `kv-events` channels are registered."""
    return sum(1 for _ in folder.glob("v1/event_channels/*kv%2Devents*"))
