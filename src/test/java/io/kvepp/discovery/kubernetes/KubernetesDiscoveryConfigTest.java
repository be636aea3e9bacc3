package io.kvepp.discovery.kubernetes;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KubernetesDiscoveryConfigTest {
    @Test
    void theDefaults() {
        assertThat(KubernetesDiscoveryConfig.from(Options.defaults()))
                .isEqualTo(new KubernetesDiscoveryConfig(
                        Unit.POD, Duration.ofMillis(500), new PodIdentity(Path.of("/etc/podinfo"), "", "", "")));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "kube-discovery-mode", "container",
                "kube-discovery-debounce", "2s",
                "kube-pod-info", "/info",
                "kube-pod-name", "p",
                "kube-pod-uid", "u",
                "kube-container-name", "c");

        assertThat(KubernetesDiscoveryConfig.from(options))
                .isEqualTo(new KubernetesDiscoveryConfig(
                        Unit.CONTAINER, Duration.ofSeconds(2), new PodIdentity(Path.of("/info"), "p", "u", "c")));
        assertAllFrom("flag", options);
    }

    @Test
    void theUnitIsReadFromDynamosVariable() {
        assertThat(KubernetesDiscoveryConfig.from(environment("DYN_KUBE_DISCOVERY_MODE", "container"))
                        .unit())
                .isEqualTo(Unit.CONTAINER);
    }

    @Test
    void anUnknownUnitIsRefused() {
        assertRefused(
                () -> KubernetesDiscoveryConfig.from(flags("kube-discovery-mode", "node")),
                "kube-discovery-mode: node (expected: one of pod, container)");
    }
}
