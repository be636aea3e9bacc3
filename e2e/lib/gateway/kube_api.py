"""A small client of the Kubernetes API server: plain calls, server-side apply, waiting."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DemoError
from . import manifests
from .manifests import Manifest

TIMEOUT_SECONDS = 15.0
NOT_FOUND, CONFLICT = 404, 409
MESSAGE_CHARACTERS = 500
FIELD_MANAGER = "kv-epp-e2e"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiError(DemoError):
    """The API server refused a call."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class KubeApi:
    """Calls with one token; without an authority in plaintext.

    Thread-safe, except that two threads may both look up the same kind.
    """

    def __init__(self, url: str, authority: Path | None, token: str):
        self.url = url
        self.authority = authority
        self._token = token
        self._tls = None if authority is None else ssl.create_default_context(cafile=str(authority))
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    def get(self, path: str) -> Any:
        """Returns the parsed answer."""
        return self.call("GET", path)

    def is_ready(self) -> bool:
        """Tells whether the API server is ready; nobody answering is no."""
        try:
            with self._open(urllib.request.Request(f"{self.url}/readyz", headers=self._headers())):
                return True
        except OSError:
            return False

    def items(self, path: str) -> list[Any]:
        """Returns the members of a list; a server that has just started may write an empty one as null."""
        return self.get(path)["items"] or []

    def find(self, path: str) -> Any | None:
        """The same, None when there is no such object."""
        try:
            return self.get(path)
        except ApiError as e:
            if e.status == NOT_FOUND:
                return None
            raise

    def call(self, method: str, path: str, body: Mapping[str, Any] | str | None = None, content_type: str = JSON) -> Any:
        """Sends a body (an object, or text as it is) and returns the parsed answer. Raises ApiError, and OSError."""
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        request = urllib.request.Request(
            self.url + path, method=method, data=None if data is None else data.encode(),
            headers={**self._headers(), "Content-Type": content_type, "Accept": JSON})
        try:
            with self._open(request) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as e:
            raise ApiError(e.code, f"{method} {path}: {e.code} {_message(e.read())}") from e

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _open(self, request: urllib.request.Request) -> Any:
        return urllib.request.urlopen(request, context=self._tls, timeout=TIMEOUT_SECONDS)

    def apply(self, manifest: Manifest, namespace: str) -> None:
        """Creates or updates an object by server-side apply; `namespace` is for objects that name none."""
        plural, namespaced = self._plural(manifest)
        inside = f"/namespaces/{manifest.namespace or namespace}" if namespaced else ""
        path = f"{api_root(manifest.api_version)}{inside}/{plural}/{manifest.name}"
        self.call("PATCH", f"{path}?fieldManager={FIELD_MANAGER}&force=true", manifest.text, APPLY_PATCH)

    def apply_file(self, file: Path, namespace: str) -> None:
        """Applies every object of a file in its order."""
        for manifest in manifests.read(file):
            self.apply(manifest, namespace)

    def create_namespace(self, name: str) -> None:
        """Makes a namespace; one that exists is fine."""
        self.apply(manifests.parse(f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n", name)[0], "")

    def delete_namespace(self, name: str) -> None:
        """Asks for the end of a namespace and of all that is in it; one that is gone is fine."""
        try:
            self.call("DELETE", f"/api/v1/namespaces/{name}")
        except ApiError as e:
            if e.status not in (NOT_FOUND, CONFLICT):
                raise

    def _plural(self, manifest: Manifest) -> tuple[str, bool]:
        key = manifest.api_version, manifest.kind
        if key not in self._plurals:
            for resource in self.get(api_root(manifest.api_version))["resources"]:
                if "/" not in resource["name"]:
                    self._plurals[manifest.api_version, resource["kind"]] = resource["name"], resource["namespaced"]
        if key not in self._plurals:
            raise DemoError(f"{manifest.kind} {manifest.name}: the API server knows no such kind in {manifest.api_version}")
        return self._plurals[key]


def api_root(api_version: str) -> str:
    """Returns where the objects of a version are: the core group has a root of its own."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:MESSAGE_CHARACTERS]
