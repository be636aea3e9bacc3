"""Installs the pinned parts of the cluster (API server, controllers, resource definitions) into the cache, once."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ..console import note
from ..errors import DemoError
from ..install import build, cache_folder, locked, remove_leftovers
from . import go

KUBERNETES = "1.36.3"
INFERENCE_EXTENSION = "v1.5.0"
_STAGED = re.compile(r"^\s+(k8s\.io/[a-z0-9-]+) v0\.0\.0(?: |$)", re.MULTILINE)
_LANGUAGE = re.compile(r"^(?:go|godebug) .*$", re.MULTILINE)


@dataclass(frozen=True)
class Cluster:
    """Where the parts are. `crds` holds the definitions of InferencePool, InferenceObjective and InferenceModelRewrite."""

    apiserver: str
    controller_manager: str
    crds: str

    def as_json(self) -> dict[str, str]:
        """Returns the flat object that `e2e/install-kubernetes` prints."""
        return asdict(self)


def install() -> Cluster:
    """Returns the parts, building first what is missing. Raises GoMissing when there is nothing to build with."""
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise DemoError(f"cannot create {cache}: {e.strerror} (set KV_EPP_CACHE to a writable folder)") from e
    with locked(cache / "install.lock"):
        remove_leftovers(cache)
        programs = cache / f"kubernetes-{KUBERNETES}"
        if not programs.is_dir():
            note(f"building kube-apiserver and kube-controller-manager {KUBERNETES} from the Go module proxy into {cache} "
                 "(once; some 8 minutes of two processors)")
            build(programs, _build_kubernetes)
        crds = cache / f"inference-extension-crds-{INFERENCE_EXTENSION}"
        if not crds.is_dir():
            build(crds, _copy_crds)
    return Cluster(str(programs / "kube-apiserver"), str(programs / "kube-controller-manager"), str(crds))


def _build_kubernetes(folder: Path) -> None:
    module = folder / "module"
    module.mkdir()
    source = go.module_folder("k8s.io/kubernetes", f"v{KUBERNETES}", module)
    declared = (source / "go.mod").read_text()
    # The staged modules are not part of the main module's archive; each is published under a version of its own.
    staged = f"v0.{KUBERNETES.removeprefix('1.')}"
    go.write_module(module, [
        "module kvepp.test/kubernetes", *_LANGUAGE.findall(declared),
        f"require k8s.io/kubernetes v{KUBERNETES}",
        *(f"replace {name} => {name} {staged}" for name in _STAGED.findall(declared)),
    ], source / "go.sum")
    version = "k8s.io/component-base/version"
    values = {f"{version}.gitVersion": f"v{KUBERNETES}", f"{version}.gitMajor": KUBERNETES.split(".")[0],
              f"{version}.gitMinor": KUBERNETES.split(".")[1]}
    for name in ("kube-apiserver", "kube-controller-manager"):
        go.build_program(go.Program(name, f"k8s.io/kubernetes/cmd/{name}", values), module, folder / name)
    shutil.rmtree(module)


def _copy_crds(folder: Path) -> None:
    module = go.module_folder("sigs.k8s.io/gateway-api-inference-extension", INFERENCE_EXTENSION, folder)
    for crd in sorted((module / "config" / "crd" / "bases").glob("*.yaml")):
        target = folder / crd.name
        target.write_bytes(crd.read_bytes())
        os.chmod(target, 0o644)
