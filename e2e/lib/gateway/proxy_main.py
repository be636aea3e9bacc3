"""The program that stands for Istio's proxy image: stock Envoy that takes its configuration from istiod.

usage: python -m lib.gateway.proxy_main ENVOY XDS_ADDRESS XDS_PORT, in a pod of the node
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ADMIN_PORT = 15000
ISTIO_VERSION = "1.31.0"
TYPES = "type.googleapis.com/envoy.extensions.upstreams.http.v3"
XDS = "xds-grpc"


def bootstrap(environment: Mapping[str, str], xds_address: str, xds_port: int) -> dict[str, Any]:
    """Returns Envoy's configuration for a pod of the node, named as istiod expects of a gateway."""
    name, namespace, address = (environment[f"E2E_POD_{key}"] for key in ("NAME", "NAMESPACE", "IP"))
    stream = {"resource_api_version": "V3", "ads": {}, "initial_fetch_timeout": "0s"}
    return {
        "node": {
            "id": f"router~{address}~{name}.{namespace}~{namespace}.svc.cluster.local", "cluster": f"{name}.{namespace}",
            "metadata": {"NAME": name, "NAMESPACE": namespace, "INSTANCE_IPS": address, "CLUSTER_ID": "Kubernetes",
                         "MESH_ID": "cluster.local", "ISTIO_VERSION": ISTIO_VERSION,
                         "LABELS": json.loads(environment["E2E_POD_LABELS"])}},
        "admin": {"address": _socket("0.0.0.0", ADMIN_PORT)},
        "dynamic_resources": {
            "ads_config": {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": True,
                           "grpc_services": [{"envoy_grpc": {"cluster_name": XDS}}]},
            "lds_config": stream, "cds_config": stream},
        "static_resources": {"clusters": [{
            "name": XDS, "type": "STATIC", "connect_timeout": "5s",
            "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{TYPES}.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {}}}},
            "load_assignment": {"cluster_name": XDS, "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": _socket(xds_address, xds_port)}}]}]}}]},
    }


def _socket(address: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": address, "port_value": port}}


def main(envoy: str, xds_address: str, xds_port: str) -> None:
    """Becomes Envoy."""
    file = Path("bootstrap.json").absolute()
    file.write_text(json.dumps(bootstrap(os.environ, xds_address, int(xds_port))))
    os.execv(envoy, [envoy, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"])


if __name__ == "__main__":
    main(*sys.argv[1:])
