"""The official conformance suite of the Gateway API Inference Extension, run with kv-epp as the picker of its pools."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..console import note
from ..errors import DemoError, last_lines
from ..processes import Child, stop_all
from . import istio

NAMESPACE = "inference-conformance-app-backend"
PICKERS = ("primary-endpoint-picker-svc", "secondary-endpoint-picker-svc", "dp-endpoint-picker-svc")
# The image of the suite's manifests, which kv-epp stands in for, and that of its model servers.
PICKER_IMAGE = "gateway-api-inference-extension/epp"
ECHO_IMAGE = "gateway-api/echo-basic"
# Istio takes the picker of one pool alone for a route with weights, whatever picker that is.
SKIPPED = "GatewayWeightedAcrossTwoInferencePools"
# What passes there with the reference picker of the same release.
EXPECTED = frozenset((
    "EppUnAvailableFailOpen", "GatewayDestinationEndpointServed", "GatewayFollowingEPPRouting",
    "GatewayFollowingEPPRoutingWithDataParallelism", "HTTPRouteInvalidInferencePoolRef",
    "HTTPRouteMultipleGatewaysDifferentPools", "HTTPRouteMultipleRulesDifferentPools", "InferencePoolAccepted",
    "InferencePoolHTTPRoutePortValidation", "InferencePoolInvalidEPPService", "InferencePoolResolvedRefsCondition"))
RUN_SECONDS = 900.0
POLL_SECONDS = 1.0
_RESULT = re.compile(r"^\s+--- (PASS|FAIL|SKIP): TestConformance/([A-Za-z]+) ", re.MULTILINE)


@dataclass(frozen=True)
class SuiteResult:
    """Names of tests by result."""

    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]

    def missing(self) -> list[str]:
        """Returns the tests that pass with the reference picker and did not here."""
        return sorted(EXPECTED - self.passed)


def destination_rule(service: str) -> str:
    """Returns the object that makes Istio speak TLS to a picker."""
    return ("apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
            f"metadata:\n  name: {service}\n  namespace: {NAMESPACE}\n"
            f"spec:\n  host: {service}\n  trafficPolicy:\n    tls: {{mode: SIMPLE, insecureSkipVerify: true}}\n")


def run(program: str, kubeconfig: str, version: str, folder: Path, check: Callable[[], None]) -> SuiteResult:
    """Runs the suite; `report.yaml` and `suite.log` are in the folder afterwards. `check` raises when the cluster failed."""
    folder.mkdir(parents=True, exist_ok=True)
    report, log = folder / "report.yaml", folder / "suite.log"
    for old in (report, log):
        old.unlink(missing_ok=True)
    child = Child("the conformance suite", [
        program, "-test.v", f"-test.timeout={RUN_SECONDS:.0f}s", "-gateway-class", istio.GATEWAY_CLASS, "-allow-crds-mismatch",
        "-cleanup-base-resources=false", f"-skip-tests={SKIPPED}", f"-report-output={report}", "-organization=kv-epp",
        "-project=kv-epp", "-url=none", f"-version={version}", "-contact=none"],
        log, {**os.environ, "KUBECONFIG": kubeconfig}, folder=folder)
    try:
        _follow(child, log, check)
    finally:
        stop_all([child])
    output = log.read_text(errors="replace")
    result = parse(output)
    if not result.passed and not result.failed:
        raise DemoError(f"the conformance suite ended with status {child.popen.returncode} and ran no test; the end of "
                        f"{log}:\n{last_lines(output)}")
    return result


def _follow(child: Child, log: Path, check: Callable[[], None]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    told = ""
    while time.monotonic() < deadline:
        check()
        running = running_test(log.read_text(errors="replace"))
        if running and running != told:
            told = running
            note(f"  {running} ...")
        try:
            child.popen.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue
    raise DemoError(f"the conformance suite: not done within {RUN_SECONDS:g} s; see {log}")


def running_test(output: str) -> str:
    """Returns the test that runs now according to the suite's output so far."""
    found = re.findall(r"^=== RUN\s+TestConformance/([A-Za-z]+)$", output, re.MULTILINE)
    return found[-1] if found else ""


def parse(output: str) -> SuiteResult:
    """Reads the results of the suite's tests, not of their parts."""
    by_result: dict[str, set[str]] = {"PASS": set(), "FAIL": set(), "SKIP": set()}
    for result, name in _RESULT.findall(output):
        by_result[result].add(name)
    return SuiteResult(*(frozenset(by_result[key]) for key in ("PASS", "FAIL", "SKIP")))
