"""Which programs of this machine the images of the manifests stand for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from ..install import Parts
from . import istio, network, suite
from .images import Image
from .local_cluster import PROGRAMS
from .parts import GatewayParts

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "DYN_SDK_DISABLE_ANSI_LOGGING": "1",
           "DYN_SELF_HOST_METADATA": "0"}


def local_images(parts: Parts, gateway: GatewayParts, kv_epp: Path, java: Mapping[str, str]) -> list[Image]:
    """Returns them; `java` are variables for kv-epp's start script."""
    own = {"JAVA_HOME": java["JAVA_HOME"]}
    proxy = (sys.executable, "-m", "lib.gateway.proxy_main", parts.envoy, network.HOST_ADDRESS, str(istio.XDS_PORT))
    return [
        Image("^kv-epp:", (str(kv_epp),), own),
        Image(suite.PICKER_IMAGE, (str(kv_epp), "--conformance-test-mode=true"), own),
        Image(suite.ECHO_IMAGE, (gateway.echo,)),
        Image(f"^{istio.PROXY_IMAGE}$", proxy, {"PYTHONPATH": str(PROGRAMS)}),
        Image("^dynamo-mocker:", (parts.python, "-m", "dynamo.mocker", "--model-path", parts.model, "--model-name",
                                  parts.model_name), OFFLINE),
        Image("^dynamo-frontend:", (parts.python, "-m", "dynamo.frontend"), OFFLINE),
    ]
