"""The Dynamo workers of a namespace, as they have announced themselves in the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .kube_api import KubeApi

FRONTEND_PORT = 8000
TYPE_LABEL = "nvidia.com/dynamo-component-type"


@dataclass(frozen=True)
class Worker:
    """One worker: its id (unsigned decimal), `prefill` or `decode`, and where its pod's frontend listens."""

    worker_id: str
    kind: str
    endpoint: str


def workers_of(api: KubeApi, namespace: str) -> list[Worker]:
    """Returns the workers whose pods are ready."""
    records = api.items(f"/apis/nvidia.com/v1alpha1/namespaces/{namespace}/dynamoworkermetadatas")
    return parse(records, api.items(f"/api/v1/namespaces/{namespace}/pods"))


def parse(records: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]]) -> list[Worker]:
    """Joins the records of workers with their pods, which have the same names."""
    ready = {pod["metadata"]["name"]: pod for pod in pods if is_ready(pod)}
    found = []
    for record in records:
        pod = ready.get(record["metadata"]["name"])
        ids = {str(endpoint["instance_id"]) for endpoint in record["spec"]["data"].get("endpoints", {}).values()
               if endpoint["endpoint"] == "generate"}
        if pod is not None and len(ids) == 1:
            found.append(Worker(ids.pop(), pod["metadata"].get("labels", {}).get(TYPE_LABEL, ""),
                                f"{pod['status']['podIP']}:{FRONTEND_PORT}"))
    return found


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Tells whether a pod says that it is ready."""
    return any(condition["type"] == "Ready" and condition["status"] == "True"
               for condition in pod.get("status", {}).get("conditions") or ())
