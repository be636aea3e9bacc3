package io.kvepp.nats;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.OptionEntry;
import io.kvepp.config.Options;
import io.kvepp.tls.ClientTls;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatsConfigTest {
    private static final String SERVER = "nats://localhost:4222";
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaultsAreDynamos() {
        assertThat(NatsConfig.from(Options.defaults()))
                .isEqualTo(new NatsConfig(
                        SERVER,
                        new NatsAuth.UserPassword("user", "user"),
                        ClientTls.SYSTEM,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(250),
                        65_536,
                        128 << 20));
    }

    @Test
    void dynamosVariablesAreRead() {
        NatsConfig config = NatsConfig.from(environment(
                "NATS_SERVER", "tls://nats:4222",
                "NATS_AUTH_USERNAME", "u",
                "NATS_AUTH_PASSWORD", "p",
                "NATS_AUTH_TOKEN", "t",
                "NATS_TLS_CA_CERT_PATH", "ca",
                "NATS_TLS_CLIENT_CERT_PATH", "cert",
                "NATS_TLS_CLIENT_KEY_PATH", "key",
                "NATS_TLS_INSECURE", "1"));

        assertThat(config.server()).isEqualTo("tls://nats:4222");
        assertThat(config.auth()).isEqualTo(new NatsAuth.UserPassword("u", "p"));
        assertThat(config.tls()).isEqualTo(new ClientTls("ca", "cert", "key", true));
    }

    @Test
    void theFirstCompleteWayToAuthenticateWins() {
        assertThat(NatsConfig.from(flags("nats-username", "u", "nats-token", "t"))
                        .auth())
                .isEqualTo(new NatsAuth.Token("t"));
        assertThat(NatsConfig.from(flags("nats-nkey", "SU1", "nats-credentials-file", "f"))
                        .auth())
                .isEqualTo(new NatsAuth.NKey("SU1"));
        assertThat(NatsConfig.from(flags("nats-credentials-file", "f")).auth())
                .isEqualTo(new NatsAuth.CredentialsFile("f"));
    }

    @Test
    void secretsAreNotShown() {
        Options options =
                flags("nats-username", "u", "nats-password", "hush", "nats-token", "hush", "nats-nkey", "hush");
        NatsConfig config = NatsConfig.from(options);

        assertThat(options.entries())
                .extracting(OptionEntry::valueText)
                .contains("(hidden)")
                .doesNotContain("hush");
        assertThat(config.toString()).doesNotContain("hush");
        assertThat(new NatsAuth.Token("hush").toString() + new NatsAuth.NKey("hush"))
                .doesNotContain("hush");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:4222", "http://localhost", "nats://", "nats://a b", ""})
    void aServerIsAnAddress(String server) {
        assertRefused(
                () -> new NatsConfig(server, NatsAuth.DEFAULT, ClientTls.SYSTEM, SECOND, SECOND, 1, 1),
                "nats-server: " + server + " (expected: nats://host:port or tls://host:port)");
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new NatsConfig(
                        SERVER, NatsAuth.DEFAULT, new ClientTls("ca", null, null, false), SECOND, SECOND, 1, 1),
                "nats-server: " + SERVER + " (expected: tls://host:port, since a nats-tls option is set)");
        assertRefused(
                () -> new NatsConfig(SERVER, NatsAuth.DEFAULT, ClientTls.SYSTEM, Duration.ZERO, SECOND, 1, 1),
                "nats-connect-timeout: 0s (expected: 1ms to 1h)");
        assertRefused(
                () -> new NatsConfig(SERVER, NatsAuth.DEFAULT, ClientTls.SYSTEM, SECOND, Duration.ofHours(2), 1, 1),
                "nats-reconnect: 7200s (expected: 1ms to 1h)");
        assertRefused(
                () -> new NatsConfig(SERVER, NatsAuth.DEFAULT, ClientTls.SYSTEM, SECOND, SECOND, 0, 1),
                "nats-pending-messages-max: 0 (expected: > 0)");
        assertRefused(
                () -> new NatsConfig(SERVER, NatsAuth.DEFAULT, ClientTls.SYSTEM, SECOND, SECOND, 1, 0),
                "nats-pending-bytes-max: 0 (expected: > 0)");
        assertRefused(
                () -> NatsConfig.from(flags("nats-tls-cert", "cert", "nats-server", "tls://a")),
                "nats-tls-key:  (expected: both nats-tls-cert and nats-tls-key)");
    }
}
