"""The command `e2e/gateway`: options, order of events, exit status."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import servers
from ..build import REPOSITORY, ensure_built, environment, java_home
from ..console import note, say, step
from ..errors import DemoError
from ..install import Parts, install
from ..kubernetes import parts as kubernetes_parts
from ..kubernetes.go import GoMissing
from . import parts as gateway_parts
from . import scenarios
from .kind import KindCluster
from .local_cluster import ClusterParts, LocalCluster
from .local_images import local_images
from .parts import GatewayParts

PASSED, FAILED, BROKEN, MISSING, INTERRUPTED = 0, 1, 2, 3, 130
TOOLS = ("ip", "mount", "openssl")
LOCK = Path("/run/kv-epp-gateway.lock")
REPORTS = REPOSITORY / "target" / "gateway"

DESCRIPTION = """\
Runs kv-epp as the Endpoint Picker of real InferencePools behind a real Istio gateway, in a cluster without containers.

It starts etcd, the Kubernetes API server and its controllers, istiod, and a node that runs each pod as processes of this
machine in a network namespace of its own (stock Envoy as the gateway). Then, one after another:

  aggregated     3 real Dynamo workers (simulated engines, no GPU), each with its frontend in Direct mode beside it
  disaggregated  2 workers for prompts and 2 for answers
  conformance    the official suite of the Gateway API Inference Extension, with kv-epp --conformance-test-mode in place
                 of the reference picker

For every chat the gateway's access log must name the pod of the worker that the frontend says it used, and every further
turn of a conversation must run where its prefix is. Of the suite at least the tests must pass that pass there with the
reference picker. Needs root (or a user namespace: unshare -Urnm) for the network; and Go, for the first time: the parts
of the cluster are built from their sources, which takes some 20 minutes of two processors."""

EPILOG = """\
exit status: 0 when all of that holds, 1 when some of it does not, 2 when something could not be installed, built or
started, 3 on a machine without Go, 130 when interrupted. Everything that was started is ended, and the network removed.

The last line of standard output is one JSON object: a member for each part that ran. The report of the suite and its log
are in target/gateway."""


def main(arguments: Sequence[str]) -> int:
    """Runs what was asked for and returns the exit status."""
    options = _parse(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        results = _on_kind(options) if options.kind else _here(options)
    except GoMissing as e:
        note(f"e2e/gateway: {e}")
        return MISSING
    except (DemoError, OSError) as e:
        note(f"e2e/gateway: {e}")
        return BROKEN
    except KeyboardInterrupt:
        note("interrupted")
        return INTERRUPTED
    say(json.dumps(results))
    return PASSED if scenarios.is_passed(results) else FAILED


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="e2e/gateway", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=scenarios.NAMES, metavar="PART",
                        help="aggregated, disaggregated or conformance; may be repeated (default: all)")
    parser.add_argument("--kind", action="store_true",
                        help="in a new kind cluster, with containers; needs kind, docker, kubectl, istioctl and "
                             "cloud-provider-kind on the PATH")
    parser.add_argument("--keep", action="store_true", help="leave the cluster running afterwards, until Ctrl-C")
    parser.add_argument("--work-dir", type=Path, metavar="DIR",
                        help="new or empty folder for logs and configurations (default: a temporary one)")
    return parser.parse_args(arguments)


def _here(options: argparse.Namespace) -> dict[str, Any]:
    require_rights_and_tools(os.geteuid(), TOOLS)
    with _alone(LOCK), _folder(options.work_dir) as folder:
        parts, gateway = install(), gateway_parts.install()
        cluster_parts = ClusterParts(kubernetes_parts.install(), gateway, _etcd())
        java = environment(java_home())
        kv_epp = ensure_built(Path(java["JAVA_HOME"]))
        cluster = LocalCluster(cluster_parts, folder, local_images(parts, gateway, kv_epp, java))
        try:
            cluster.start()
            return _run(cluster, options, parts, gateway)
        finally:
            with step("end the cluster"):
                cluster.close()


def _on_kind(options: argparse.Namespace) -> dict[str, Any]:
    require_tools(KindCluster.TOOLS)
    with _folder(options.work_dir) as folder:
        parts, gateway = install(), gateway_parts.install()
        java = environment(java_home())
        ensure_built(Path(java["JAVA_HOME"]))
        cluster = KindCluster(folder, parts, gateway, kubernetes_parts.install().crds)
        try:
            cluster.start()
            return _run(cluster, options, parts, gateway)
        finally:
            with step("delete the kind cluster"):
                cluster.close()


def _run(cluster: scenarios.GatewayCluster, options: argparse.Namespace, parts: Parts,
         gateway: GatewayParts) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name in options.only or scenarios.NAMES:
        cluster.require_alive()
        results[name] = (scenarios.conform(cluster, gateway.suite, gateway.pool_crds, REPORTS)
                         if name == scenarios.CONFORMANCE else scenarios.route(cluster, name, parts.model_name))
    if options.keep:
        note(f"the cluster runs until Ctrl-C: export KUBECONFIG={cluster.kubeconfig}")
        signal.pause()
    return results


def _etcd() -> str:
    etcd = servers.install()["etcd"]
    if etcd is None:
        raise DemoError("there is no etcd (expected: the Debian package etcd-server can be had, or etcd is on the PATH)")
    return etcd


def require_rights_and_tools(user: int, tools: Sequence[str]) -> None:
    """Raises DemoError saying what is missing."""
    if user != 0:
        raise DemoError(f"user: {user} (expected: root, for network namespaces; run sudo -E e2e/gateway, or "
                        "unshare -Urnm e2e/gateway)")
    require_tools(tools)


def require_tools(tools: Sequence[str]) -> None:
    """Raises DemoError naming the programs that are not on the path."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise DemoError(f"not on the PATH: {', '.join(missing)} (expected: {', '.join(tools)}; on Debian or Ubuntu "
                        "apt install iproute2 mount openssl)")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"another e2e/gateway runs on this machine: it holds {path}") from None
        yield
        path.unlink(missing_ok=True)


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, or a temporary one that stays only after a failure, for its logs."""
    if chosen is not None:
        folder = chosen.absolute()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DemoError(f"--work-dir: {folder} (expected: a new or empty folder)")
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="kv-epp-gateway-"))
    try:
        yield folder
    except (DemoError, OSError):
        note(f"logs: {folder}")
        raise
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
