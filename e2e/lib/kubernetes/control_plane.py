"""What the control plane of a cluster is started with: keys, tokens, kubeconfigs, and the commands themselves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..commands import Command, run_command
from ..ports import free_ports
from .parts import Cluster

SERVICE_ADDRESSES = "10.96.0.0/16"
ISSUER = "https://kubernetes.default.svc"
CONTROLLERS = (
    "endpointslice-controller", "garbage-collector-controller", "serviceaccount-controller", "namespace-controller",
    "root-ca-certificate-publisher-controller", "deployment-controller", "replicaset-controller",
    "clusterrole-aggregation-controller",
)


@dataclass(frozen=True)
class ControlPlane:
    """`commands` in the order of their start; `authority` is written by the API server when it starts first."""

    url: str
    etcd: str
    authority: str
    admin_token: str
    kubeconfig: str
    commands: Mapping[str, list[str]]

    def as_json(self) -> dict[str, object]:
        """Returns the object that `e2e/install-kubernetes --cluster` prints."""
        return asdict(self)


def prepare(folder: Path, cluster: Cluster, etcd: str, address: str = "127.0.0.1") -> ControlPlane:
    """Writes into the folder what a new cluster needs; nothing is started. The API server listens on `address` alone."""
    folder.mkdir(parents=True, exist_ok=True)
    api_port, etcd_port, etcd_peer_port, controllers_port = free_ports(4)
    url, etcd_url, peer_url = (f"https://{address}:{api_port}", f"http://127.0.0.1:{etcd_port}",
                               f"http://127.0.0.1:{etcd_peer_port}")
    admin, controllers = secrets.token_hex(16), secrets.token_hex(16)
    private, public = _signing_keys(folder)
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{admin},admin,admin,"system:masters"\n{controllers},controllers,controllers,"system:masters"\n')
    tokens.chmod(0o600)
    certificates = folder / "certificates"
    authority = certificates / "apiserver.crt"
    admin_config = _kubeconfig(folder / "admin.kubeconfig", url, authority, admin)
    controllers_config = _kubeconfig(folder / "controllers.kubeconfig", url, authority, controllers)
    return ControlPlane(url, etcd_url, str(authority), admin, str(admin_config), {
        "etcd": [etcd, "--name", "etcd", "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--log-level=error",
                 "--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url, "--listen-peer-urls", peer_url,
                 "--initial-advertise-peer-urls", peer_url, "--initial-cluster", f"etcd={peer_url}"],
        "apiserver": [cluster.apiserver, f"--etcd-servers={etcd_url}", f"--bind-address={address}",
                      f"--advertise-address={address}", f"--secure-port={api_port}", "--endpoint-reconciler-type=none",
                      f"--cert-dir={certificates}", f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
                      f"--service-account-issuer={ISSUER}", f"--service-account-signing-key-file={private}",
                      f"--service-account-key-file={public}", f"--service-cluster-ip-range={SERVICE_ADDRESSES}"],
        "controller-manager": [cluster.controller_manager, f"--kubeconfig={controllers_config}",
                               f"--authentication-kubeconfig={controllers_config}",
                               f"--authorization-kubeconfig={controllers_config}", "--leader-elect=false",
                               "--bind-address=127.0.0.1", f"--secure-port={controllers_port}",
                               f"--cert-dir={folder / 'controllers'}", f"--service-account-private-key-file={private}",
                               f"--root-ca-file={authority}", f"--controllers={','.join(CONTROLLERS)}"],
    })


def _signing_keys(folder: Path) -> tuple[Path, Path]:
    private, public = folder / "accounts.key", folder / "accounts.pub"
    advice = "on Debian or Ubuntu: apt install openssl"
    run_command(Command("make a signing key", ("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                                               "ec_paramgen_curve:P-256", "-out", str(private)), advice))
    run_command(Command("write its public half", ("openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)),
                        advice))
    return private, public


def _kubeconfig(file: Path, url: str, authority: Path, token: str) -> Path:
    file.write_text(f"""apiVersion: v1
kind: Config
clusters: [{{name: test, cluster: {{server: "{url}", certificate-authority: "{authority}"}}}}]
users: [{{name: test, user: {{token: "{token}"}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
current-context: test
""")
    file.chmod(0o600)
    return file
