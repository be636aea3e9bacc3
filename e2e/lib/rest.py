"""Small GET requests to programs on this machine."""

from __future__ import annotations

import http.client
import json
from typing import Any

TIMEOUT_SECONDS = 5.0


def get(port: int, path: str) -> tuple[int, bytes]:
    """Returns status and body; raises OSError when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except http.client.HTTPException as e:
        raise OSError(f"GET {path} on port {port}: {e!r}") from e
    finally:
        connection.close()


def is_ok(port: int, path: str) -> bool:
    """Tells whether the answer is 200; nobody answering is no."""
    try:
        return get(port, path)[0] == 200
    except OSError:
        return False


def get_json(port: int, path: str) -> Any | None:
    """Returns the parsed body of a 200 answer, else None."""
    try:
        status, body = get(port, path)
        return json.loads(body) if status == 200 else None
    except (OSError, ValueError):
        return None
