"""Images without containers: which program on this machine an image name of a manifest stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Image:
    """`pattern` is searched for in image names; a container's own arguments are put behind `command`."""

    pattern: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
        return asdict(self)


def from_json(value: Mapping[str, Any]) -> Image:
    """Reads one image."""
    return Image(value["pattern"], tuple(value["command"]), dict(value["environment"]))


def find(images: Sequence[Image], name: str) -> Image | None:
    """Returns the first that fits, None when nothing stands for this image."""
    return next((image for image in images if re.search(image.pattern, name)), None)
