package io.kvepp.discovery.kubernetes;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// How workers are found in Kubernetes, and as what this process registers there.
///
/// - `unit`: what a worker is
/// - `debounce`: changes within this time after the first are taken together
/// - `pod`: where this process runs; only asked for when it registers
///
/// Immutable.
public record KubernetesDiscoveryConfig(Unit unit, Duration debounce, PodIdentity pod) {
    private static final String POD = "pod";
    private static final String CONTAINER = "container";

    /// What registers as one worker.
    public enum Unit {
        /// A pod; it is ready when an EndpointSlice says so.
        POD,
        /// A container of a pod; it is ready when the pod's status says so.
        CONTAINER
    }

    public KubernetesDiscoveryConfig {
        check(!debounce.isNegative(), "kube-discovery-debounce", debounce, ">= 0");
    }

    public static KubernetesDiscoveryConfig from(Options options) {
        String unit = options.option("kube-discovery-mode", "what is one worker in Kubernetes")
                .env("DYN_KUBE_DISCOVERY_MODE")
                .choice(POD, POD, CONTAINER);
        return new KubernetesDiscoveryConfig(
                unit.equals(CONTAINER) ? Unit.CONTAINER : Unit.POD,
                options.option("kube-discovery-debounce", "changes of Kubernetes within this time are taken together")
                        .duration(Duration.ofMillis(500)),
                PodIdentity.from(options));
    }
}
