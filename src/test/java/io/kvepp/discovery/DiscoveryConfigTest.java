package io.kvepp.discovery;

import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import org.junit.jupiter.api.Test;

class DiscoveryConfigTest {
    @Test
    void byDefaultEveryNamespaceCounts() {
        assertThat(DiscoveryConfig.from(Options.defaults())).isEqualTo(new DiscoveryConfig(""));
    }

    @Test
    void theNamespaceIsReadFromFlagAndVariables() {
        assertThat(DiscoveryConfig.from(flags("namespace", "a")).namespacePrefix())
                .isEqualTo("a");
        assertThat(DiscoveryConfig.from(environment("DYN_NAMESPACE", "b")).namespacePrefix())
                .isEqualTo("b");
        assertThat(DiscoveryConfig.from(environment("DYN_NAMESPACE", "b", "DYN_NAMESPACE_PREFIX", "c"))
                        .namespacePrefix())
                .isEqualTo("c");
    }
}
