"""Installs what the gateway needs beyond the cluster: istiod, the echo server, the conformance suite, definitions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..console import note
from ..errors import DemoError
from ..install import build, cache_folder, locked, remove_leftovers
from ..kubernetes import go

# Istio's module has no tags that the Go module proxy serves; this is its main branch shortly before 1.31.
ISTIO = "v0.0.0-20260827124520-eed52ebb66ad"
ISTIO_API = "v1.31.1"
GATEWAY_API = "v1.6.1"
# The last release whose suite is part of the main module, which is the one that the Go module proxy serves.
SUITE = "v1.3.0"
INFERENCE_EXTENSION = "sigs.k8s.io/gateway-api-inference-extension"
_LANGUAGE = "go 1.26.0"


@dataclass(frozen=True)
class GatewayParts:
    """Where the parts are: programs, and folders or files of resource definitions."""

    istiod: str
    istio_crds: str
    echo: str
    gateway_crds: str
    suite: str
    pool_crds: str

    def as_json(self) -> dict[str, str]:
        """Returns the flat object that `e2e/install-gateway` prints."""
        return asdict(self)


def install() -> GatewayParts:
    """Returns the parts, building first what is missing. Raises GoMissing when there is nothing to build with."""
    # A folder and a lock of their own: other installations need not wait for the long builds.
    cache = cache_folder() / "gateway"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DemoError(f"cannot create {cache}: {e.strerror} (set KV_EPP_CACHE to a writable folder)") from e
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        gateway_api = _ensure(cache / f"gateway-api-{GATEWAY_API}", _build_echo, "the echo server: some seconds")
        suite = _ensure(cache / f"suite-{SUITE}", _build_suite, "the conformance suite: some 3 minutes of two processors")
        istio = _ensure(cache / f"istio-{ISTIO}", _build_istiod, "istiod: some 8 minutes of two processors, 2.5 GiB")
    return GatewayParts(str(istio / "pilot-discovery"), str(istio / "crds.yaml"), str(gateway_api / "echo-basic"),
                        str(gateway_api / "crds"), str(suite / "suite.test"), str(suite / "crds"))


def _ensure(folder: Path, fill: Callable[[Path], None], what: str) -> Path:
    if not folder.is_dir():
        note(f"building {what}, once, from the Go module proxy into {folder.parent}")
        build(folder, fill)
    return folder


def _build_echo(folder: Path) -> None:
    module = folder / "module"
    go.write_module(module, [
        "module kvepp.test/echo", _LANGUAGE, "require (", f"sigs.k8s.io/gateway-api/conformance {GATEWAY_API}",
        f"sigs.k8s.io/gateway-api {GATEWAY_API}", ")"])
    go.build_program(go.Program("echo-basic", "sigs.k8s.io/gateway-api/conformance/echo-basic", {}), module,
                     folder / "echo-basic")
    _copy_definitions(go.module_folder("sigs.k8s.io/gateway-api", GATEWAY_API, module) / "config" / "crd" / "standard",
                      folder / "crds")
    shutil.rmtree(module)


def _build_suite(folder: Path) -> None:
    module = folder / "module"
    go.write_module(module, ["module kvepp.test/suite", _LANGUAGE, f"require {INFERENCE_EXTENSION} {SUITE}"])
    go.build_test(go.Program("the conformance suite", f"{INFERENCE_EXTENSION}/conformance", {}), module,
                  folder / "suite.test")
    _copy_definitions(go.module_folder(INFERENCE_EXTENSION, SUITE, module) / "config" / "crd" / "bases", folder / "crds")
    shutil.rmtree(module)


def _build_istiod(folder: Path) -> None:
    module = folder / "module"
    module.mkdir()
    source = go.module_folder("istio.io/istio", ISTIO, module)
    go.write_module(module, [
        "module kvepp.test/istio", _LANGUAGE, "require (", f"istio.io/istio {ISTIO}", f"istio.io/api {ISTIO_API}",
        f"istio.io/client-go {ISTIO_API}", "github.com/envoyproxy/go-control-plane/envoy v1.39.0", ")",
        # Without it Go takes the newest version, which no longer fits the other modules.
        "replace github.com/envoyproxy/go-control-plane/contrib => "
        "github.com/envoyproxy/go-control-plane/contrib v1.36.1-0.20260729145720-a2d8c7492908",
    ], source / "go.sum")
    go.build_program(go.Program("istiod", "istio.io/istio/pilot/cmd/pilot-discovery", {}), module,
                     folder / "pilot-discovery")
    _copy(source / "manifests" / "charts" / "base" / "files" / "crd-all.gen.yaml", folder / "crds.yaml")
    shutil.rmtree(module)


def _copy_definitions(source: Path, target: Path) -> None:
    target.mkdir()
    for crd in sorted(source.glob("*.yaml")):
        _copy(crd, target / crd.name)


def _copy(source: Path, target: Path) -> None:
    # Go's module cache is read-only, and so would be a copy with its mode.
    target.write_bytes(source.read_bytes())
    os.chmod(target, 0o644)
