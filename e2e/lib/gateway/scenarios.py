"""What `e2e/gateway` does with a cluster, whichever it is: two deployments of Dynamo, then the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from ..build import REPOSITORY
from ..console import note, say, step
from ..waiting import wait_until
from . import manifests, routing, suite
from .kube_api import KubeApi
from .local_cluster import DYNAMO_RESOURCES
from .routing import Deployment

MANIFESTS = REPOSITORY / "k8s"
DEPLOYMENTS = {"aggregated": {"decode": 3}, "disaggregated": {"prefill": 2, "decode": 2}}
CONFORMANCE = "conformance"
NAMES = (*DEPLOYMENTS, CONFORMANCE)
NAMESPACE_SECONDS = 120.0
POLL_SECONDS = 0.5


class GatewayCluster(Protocol):
    """A cluster with a gateway class that knows InferencePools."""

    api: KubeApi

    @property
    def kubeconfig(self) -> str:
        """The administrator's configuration file."""

    def require_alive(self) -> None:
        """Raises DemoError when a part of the cluster has ended by itself."""

    def access_log(self, namespace: str) -> str:
        """Returns the access log of the gateway of a namespace."""

    def define(self, files: list[Path]) -> None:
        """Applies definitions of kinds."""


def route(cluster: GatewayCluster, name: str, model: str) -> dict[str, Any]:
    """Deploys Dynamo in a namespace of its own, plays conversations through its gateway, and removes it."""
    deployment = Deployment(name, DEPLOYMENTS[name], model)
    with step(f"deploy Dynamo, {name}, with pool, picker and gateway"):
        cluster.api.create_namespace(name)
        for file in (DYNAMO_RESOURCES / "workers.yaml", MANIFESTS / "dynamo" / f"{name}.yaml", MANIFESTS / "rbac.yaml",
                     MANIFESTS / "pool.yaml", MANIFESTS / "gateway.yaml"):
            cluster.api.apply_file(file, name)
        address = routing.wait_for_gateway(cluster, deployment)
    outcome = routing.run(cluster, deployment, address)
    say(f"{name}: {outcome.requests} chats through the gateway, {outcome.pods_used} pods; {outcome.same_worker} of "
        f"{outcome.followups} further turns at the worker that had their prefix")
    for failure in outcome.failures:
        say(f"  FAILED {failure}")
    _remove(cluster, name)
    return asdict(outcome)


def _remove(cluster: GatewayCluster, namespace: str) -> None:
    cluster.api.delete_namespace(namespace)
    wait_until(f"the namespace {namespace} is gone", lambda: cluster.api.find(f"/api/v1/namespaces/{namespace}") is None,
               NAMESPACE_SECONDS, POLL_SECONDS)


def conform(cluster: GatewayCluster, program: str, crds: str, folder: Path) -> dict[str, Any]:
    """Runs the official suite; its report and its log stay in the folder."""
    cluster.define(sorted(Path(crds).glob("*.yaml")))
    cluster.api.create_namespace(suite.NAMESPACE)
    for service in suite.PICKERS:
        cluster.api.apply(manifests.parse(suite.destination_rule(service), service)[0], suite.NAMESPACE)
    note(f"run the conformance suite; its log: {folder / 'suite.log'}")
    result = suite.run(program, cluster.kubeconfig, version(), folder, cluster.require_alive)
    say(f"conformance: {len(result.passed)} tests pass, {len(result.failed)} fail, {len(result.skipped)} skipped; "
        f"report: {folder / 'report.yaml'}")
    for title, names in (("FAILED", result.failed), ("missing", result.missing())):
        if names:
            say(f"  {title}: {', '.join(sorted(names))}")
    return {"passed": sorted(result.passed), "failed": sorted(result.failed), "skipped": sorted(result.skipped),
            "missing": result.missing()}


def version() -> str:
    """Returns kv-epp's version according to the build."""
    text = (REPOSITORY / "pom.xml").read_text()
    return text.split("<version>", 1)[1].split("<", 1)[0]


def is_passed(results: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tells whether everything that was run is as it must be."""
    return not any(result.get("failures") or result.get("missing") for result in results.values())
