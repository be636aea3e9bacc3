package io.kvepp.tls;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TlsConfigTest {
    @Test
    void connectionsAreEncryptedByDefault() {
        assertThat(TlsConfig.from(Options.defaults()))
                .isEqualTo(new TlsConfig(true, null, null, Duration.ofSeconds(10)));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "secure-serving", "true", "cert-path", "/certs", "client-ca-file", "/ca.pem", "cert-reload", "1s");

        assertThat(TlsConfig.from(options))
                .isEqualTo(new TlsConfig(true, Path.of("/certs"), Path.of("/ca.pem"), Duration.ofSeconds(1)));
        assertAllFrom("flag", options);
    }

    @Test
    void theOperatorsVariableTurnsItOff() {
        assertThat(TlsConfig.from(environment("DYN_SECURE_SERVING", "false")).secure())
                .isFalse();
    }

    @Test
    void filesWithoutEncryptionAreRefused() {
        assertRefused(
                () -> TlsConfig.from(flags("secure-serving", "false", "cert-path", "/certs")),
                "secure-serving: false (expected: true with cert-path or client-ca-file)");
        assertRefused(() -> TlsConfig.from(flags("cert-reload", "0s")), "cert-reload: 0s (expected: > 0)");
    }
}
