package io.kvepp.discovery.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtcdConfigTest {
    @Test
    void theDefaultsAreDynamos() {
        EtcdConfig config = read(Map.of());

        assertThat(config.endpoints()).containsExactly(URI.create("http://localhost:2379"));
        assertThat(config.username()).isNull();
        assertThat(config.ca()).isNull();
    }

    @Test
    void theVariablesAreDynamos() {
        EtcdConfig config = read(Map.of(
                "ETCD_ENDPOINTS", "http://a:1,b:2",
                "ETCD_AUTH_USERNAME", "u",
                "ETCD_AUTH_PASSWORD", "secret-word",
                "ETCD_AUTH_CA", "/ca",
                "ETCD_AUTH_CLIENT_CERT", "/cert",
                "ETCD_AUTH_CLIENT_KEY", "/key",
                "ETCD_LEASE_TTL", "20"));

        assertThat(config.endpoints()).containsExactly(URI.create("https://a:1"), URI.create("https://b:2"));
        assertThat(config.leaseTtl()).isEqualTo(Duration.ofSeconds(20));
        assertThat(config.username()).isEqualTo("u");
        assertThat(config.password()).isEqualTo("secret-word");
        assertThat(List.of(config.ca(), config.clientCert(), config.clientKey()))
                .containsExactly(Path.of("/ca"), Path.of("/cert"), Path.of("/key"));
        assertThat(config.toString()).doesNotContain("secret-word");
    }

    @Test
    void thePasswordIsNotRemembered() {
        Options options = new Options(Map.of(), Map.of("ETCD_AUTH_USERNAME", "u", "ETCD_AUTH_PASSWORD", "secret-word"));
        EtcdConfig.from(options);

        assertThat(options.entries().toString()).contains("(hidden)").doesNotContain("secret-word");
    }

    @ParameterizedTest
    @CsvSource({
        "etcd-endpoints, ftp://a:1, 'etcd-endpoints: ftp://a:1 (expected: http://host:port or https://host:port)'",
        "etcd-endpoints, http://a, 'etcd-endpoints: http://a (expected: http://host:port or https://host:port)'",
        "etcd-endpoints, ' ', 'etcd-endpoints: none (expected: at least one http://host:port or https://host:port)'",
        "etcd-password, x, 'etcd-username: unset (expected: set when etcd-password is, and only then)'",
        "etcd-client-key, k, 'etcd-client-cert: unset (expected: set when etcd-client-key is, and only then)'",
        "etcd-timeout, 0s, 'etcd-timeout: 0s (expected: > 0)'",
        "etcd-lease-ttl, 500ms, 'etcd-lease-ttl: 500ms (expected: 1s to 1h)'",
    })
    void nonsenseIsRefused(String option, String value, String message) {
        Options options = new Options(Map.of(option, List.of(value)), Map.of());

        assertThatThrownBy(() -> EtcdConfig.from(options))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void anUnreadableCertificateEndsTheStart() {
        Options options = new Options(Map.of("etcd-ca", List.of("/no/such/file")), Map.of());

        assertThatThrownBy(() -> EtcdClients.open(EtcdConfig.from(options)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("etcd-ca: /no/such/file (expected: a PEM file of certificates)");
    }

    private static EtcdConfig read(Map<String, String> environment) {
        return EtcdConfig.from(new Options(Map.of(), environment));
    }
}
