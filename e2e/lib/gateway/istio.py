"""istiod with stock Envoys as its gateways: its settings, its files, its command."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from . import network, traffic

XDS_PORT = 15010
HTTP_PORT = 15080
WEBHOOK_PORT = 15017
MONITORING_PORT = 15014
PROXY_IMAGE = "istio-proxy-envoy"
GATEWAY_CLASS = "istio"
SYSTEM_NAMESPACE = "istio-system"

# What `traffic.upstreams` reads.
ACCESS_LOG_FORMAT = f"%REQ({traffic.CHAT_ID})% %RESPONSE_CODE% %UPSTREAM_HOST%\n"

# Stock Envoy lacks Istio's own filters, and refuses listeners that name one.
SETTINGS = {
    "ENABLE_GATEWAY_API_INFERENCE_EXTENSION": "true", "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false", "PILOT_ENABLE_ANALYSIS": "false", "PILOT_CERT_PROVIDER": "istiod",
    "PILOT_SKIP_VALIDATE_TRUST_DOMAIN": "true", "INJECTION_WEBHOOK_CONFIG_NAME": "", "VALIDATION_WEBHOOK_CONFIG_NAME": "",
    "POD_NAMESPACE": SYSTEM_NAMESPACE, "POD_NAME": "istiod-0", "REVISION": "default", "CLUSTER_ID": "Kubernetes",
    "ISTIOD_CUSTOM_HOST": f"istiod.{SYSTEM_NAMESPACE}.svc",
}

# What istiod makes of each Gateway. The names in double braces are istiod's.
TEMPLATE = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{.ServiceAccount | quote}}
  namespace: {{.Namespace | quote}}
  labels: {"gateway.networking.k8s.io/gateway-name": {{.Name | quote}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{.DeploymentName | quote}}
  namespace: {{.Namespace | quote}}
  labels:
    gateway.networking.k8s.io/gateway-name: {{.Name | quote}}
    gateway.istio.io/managed: istio.io-gateway-controller
  ownerReferences: [{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, name: {{.Name | quote}}, uid: "{{.UID}}"}]
spec:
  selector: {matchLabels: {"{{.GatewayNameLabel}}": {{.Name | quote}}}}
  template:
    metadata:
      labels:
        gateway.networking.k8s.io/gateway-name: {{.Name | quote}}
        "{{.GatewayNameLabel}}": {{.Name | quote}}
        gateway.istio.io/managed: istio.io-gateway-controller
        service.istio.io/canonical-name: {{.DeploymentName | quote}}
        sidecar.istio.io/inject: "false"
    spec:
      serviceAccountName: {{.ServiceAccount | quote}}
      containers:
      - name: istio-proxy
        image: IMAGE
        readinessProbe: {httpGet: {path: /ready, port: 15000}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{.DeploymentName | quote}}
  namespace: {{.Namespace | quote}}
  labels:
    gateway.networking.k8s.io/gateway-name: {{.Name | quote}}
    gateway.istio.io/managed: istio.io-gateway-controller
  ownerReferences: [{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, name: {{.Name | quote}}, uid: "{{.UID}}"}]
spec:
  type: {{ .ServiceType | quote }}
  ports:
  {{- range $key, $val := .Ports }}
  - {name: {{ $val.Name | quote }}, port: {{ $val.Port }}, protocol: TCP, appProtocol: {{ $val.AppProtocol }}}
  {{- end }}
  selector: {"{{.GatewayNameLabel}}": {{.Name | quote}}}
"""


def write_files(folder: Path) -> None:
    """Writes what istiod reads below its working folder."""
    mesh = {
        "rootNamespace": SYSTEM_NAMESPACE, "trustDomain": "cluster.local",
        "defaultConfig": {"discoveryAddress": f"{network.HOST_ADDRESS}:{XDS_PORT}"},
        "accessLogFile": "/dev/stdout", "accessLogFormat": ACCESS_LOG_FORMAT,
        # With it clusters would wait for certificates that only Istio's own proxy fetches.
        "enableAutoMtls": False}
    values = {"global": {
        "istioNamespace": SYSTEM_NAMESPACE, "network": "", "meshID": "", "imagePullPolicy": "",
        "proxy": {"image": PROXY_IMAGE, "clusterDomain": "cluster.local", "logLevel": "warning"},
        "proxy_init": {"image": PROXY_IMAGE}},
        "gateways": {}, "revision": "default", "sidecarInjectorWebhook": {}, "pilot": {"cni": {"enabled": False}, "env": {}}}
    injection = {
        "policy": "disabled", "defaultTemplates": [], "alwaysInjectSelector": [], "neverInjectSelector": [],
        "injectedAnnotations": {}, "template": "", "templates": {"kube-gateway": TEMPLATE.replace("IMAGE", PROXY_IMAGE)}}
    for name, content in (("etc/istio/config/mesh", mesh), ("var/lib/istio/inject/values", values),
                          ("var/lib/istio/inject/config", injection)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


def command(istiod: str, kubeconfig: str) -> list[str]:
    """Returns how istiod is started."""
    return [istiod, "discovery", f"--kubeconfig={kubeconfig}", "--domain=cluster.local", "--secureGRPCAddr=",
            f"--grpcAddr={network.HOST_ADDRESS}:{XDS_PORT}", f"--httpAddr={network.HOST_ADDRESS}:{HTTP_PORT}",
            f"--httpsAddr={network.HOST_ADDRESS}:{WEBHOOK_PORT}",
            f"--monitoringAddr={network.HOST_ADDRESS}:{MONITORING_PORT}", "--ctrlz_port=0"]


def environment() -> Mapping[str, str]:
    """Returns istiod's environment."""
    return {**os.environ, **SETTINGS}
