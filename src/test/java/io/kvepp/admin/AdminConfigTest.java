package io.kvepp.admin;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class AdminConfigTest {
    @Test
    void theDefaults() {
        assertThat(AdminConfig.from(Options.defaults(), "0.0.0.0"))
                .isEqualTo(new AdminConfig("0.0.0.0", 9090, false, false, false));
    }

    @Test
    void everyOptionIsRead() {
        assertThat(AdminConfig.from(
                        flags(
                                "admin-port",
                                "1",
                                "dump-remote",
                                "true",
                                "picks-remote",
                                "true",
                                "busy-threshold-remote",
                                "true"),
                        "::"))
                .isEqualTo(new AdminConfig("::", 1, true, true, true));
        assertThat(AdminConfig.from(environment("DYN_EPP_METRICS_PORT", "2"), "::"))
                .isEqualTo(new AdminConfig("::", 2, false, false, false));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(() -> new AdminConfig("::", -1, false, false, false), "admin-port: -1 (expected: 0 to 65535)");
        assertRefused(
                () -> new AdminConfig("::", 65_536, false, false, false), "admin-port: 65536 (expected: 0 to 65535)");
    }

    @Test
    void theIndexIsForThisMachineAloneUnlessConfigured() {
        AdminConfig local = new AdminConfig("::", 1, false, false, false);

        assertThat(local.mayDumpFor(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
        assertThat(local.mayDumpFor(InetAddress.ofLiteral("::1"))).isTrue();
        assertThat(local.mayDumpFor(InetAddress.ofLiteral("10.0.0.1"))).isFalse();
        assertThat(new AdminConfig("::", 1, true, false, false).mayDumpFor(InetAddress.ofLiteral("10.0.0.1")))
                .isTrue();
    }

    @Test
    void decisionsAreForThisMachineAloneUnlessConfigured() {
        AdminConfig local = new AdminConfig("::", 1, true, false, true);

        assertThat(local.mayExplainTo(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
        assertThat(local.mayExplainTo(InetAddress.ofLiteral("10.0.0.1"))).isFalse();
        assertThat(new AdminConfig("::", 1, false, true, false).mayExplainTo(InetAddress.ofLiteral("10.0.0.1")))
                .isTrue();
    }

    @Test
    void thresholdsAreForThisMachineAloneToChangeUnlessConfigured() {
        AdminConfig local = new AdminConfig("::", 1, false, false, false);

        assertThat(local.mayChangeFor(InetAddress.ofLiteral("::1"))).isTrue();
        assertThat(local.mayChangeFor(InetAddress.ofLiteral("10.0.0.1"))).isFalse();
        assertThat(new AdminConfig("::", 1, false, false, true).mayChangeFor(InetAddress.ofLiteral("10.0.0.1")))
                .isTrue();
    }
}
