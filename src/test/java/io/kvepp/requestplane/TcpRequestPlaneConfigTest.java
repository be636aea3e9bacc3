package io.kvepp.requestplane;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcpRequestPlaneConfigTest {
    private static final InetAddress ANY = InetAddress.ofLiteral("0.0.0.0");
    private static final TcpRequestPlaneConfig.Tls TLS = new TcpRequestPlaneConfig.Tls(
            "cert", "key", "client-ca", "ca", true, "name", "client-cert", "client-key", Duration.ofSeconds(1));

    @Test
    void theDefaults() {
        assertThat(TcpRequestPlaneConfig.from(Options.defaults()))
                .isEqualTo(new TcpRequestPlaneConfig(
                        ANY,
                        0,
                        32 << 20,
                        128 << 20,
                        64,
                        8_192,
                        16,
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        TcpRequestPlaneConfig.Tls.NONE));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "request-plane-host", "::1",
                "request-plane-port", "9",
                "request-plane-message-bytes-max", "1MiB",
                "request-plane-response-bytes-max", "2MiB",
                "request-plane-calls-max", "3",
                "request-plane-streams-max", "5",
                "request-plane-pool-size", "2",
                "request-plane-pool-idle-timeout", "8s",
                "request-plane-connect-timeout", "4s",
                "request-plane-ack-timeout", "6s",
                "request-plane-call-home-timeout", "7s",
                "request-plane-tls-cert", "cert",
                "request-plane-tls-key", "key",
                "request-plane-tls-client-ca", "client-ca",
                "request-plane-tls-ca", "ca",
                "request-plane-tls-insecure", "true",
                "request-plane-tls-server-name", "name",
                "request-plane-tls-client-cert", "client-cert",
                "request-plane-tls-client-key", "client-key",
                "request-plane-tls-handshake-timeout", "1s");
        assertThat(TcpRequestPlaneConfig.from(options))
                .isEqualTo(new TcpRequestPlaneConfig(
                        InetAddress.ofLiteral("::1"),
                        9,
                        1 << 20,
                        2 << 20,
                        3,
                        5,
                        2,
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(7),
                        TLS));
        assertAllFrom("flag", options);
    }

    @Test
    void theVariablesOfDynamoForTlsAreRead() {
        assertThat(TcpRequestPlaneConfig.from(environment(
                                "DYN_TCP_TLS_CERT_PATH", "cert",
                                "DYN_TCP_TLS_KEY_PATH", "key",
                                "DYN_TCP_TLS_CLIENT_CA_CERT_PATH", "client-ca",
                                "DYN_TCP_TLS_CA_CERT_PATH", "ca",
                                "DYN_TCP_TLS_INSECURE", "true",
                                "DYN_TCP_TLS_SERVER_NAME", "name",
                                "DYN_TCP_TLS_CLIENT_CERT_PATH", "client-cert",
                                "DYN_TCP_TLS_CLIENT_KEY_PATH", "client-key",
                                "DYN_TCP_TLS_HANDSHAKE_TIMEOUT_SECS", "1"))
                        .tls())
                .isEqualTo(TLS);
    }

    @Test
    void halfOfTlsIsRefused() {
        assertRefused(
                () -> TcpRequestPlaneConfig.from(flags("request-plane-tls-cert", "c")),
                "request-plane-tls-key: none (expected: given, as request-plane-tls-cert is)");
        assertRefused(
                () -> TcpRequestPlaneConfig.from(flags("request-plane-tls-client-key", "k")),
                "request-plane-tls-client-cert: none (expected: given, as request-plane-tls-client-key is)");
        assertRefused(
                () -> TcpRequestPlaneConfig.from(flags("request-plane-tls-client-ca", "c")),
                "request-plane-tls-client-ca: c (expected: none without request-plane-tls-cert)");
        assertRefused(
                () -> TcpRequestPlaneConfig.from(
                        flags("request-plane-tls-client-cert", "c", "request-plane-tls-client-key", "k")),
                "request-plane-tls-client-cert: c (expected: none without request-plane-tls-ca)");
    }

    @Test
    void theVariablesOfDynamoAreRead() {
        TcpRequestPlaneConfig config = TcpRequestPlaneConfig.from(environment(
                "DYN_TCP_RPC_HOST", "10.0.0.1",
                "DYN_TCP_RESPONSE_STREAM_PORT", "70",
                "DYN_TCP_MAX_MESSAGE_SIZE", "1000",
                "DYN_TCP_CONNECT_TIMEOUT", "9",
                "DYN_TCP_REQUEST_TIMEOUT", "11"));
        assertThat(config.host()).isEqualTo(InetAddress.ofLiteral("10.0.0.1"));
        assertThat(config.port()).isEqualTo(70);
        assertThat(config.messageBytesMax()).isEqualTo(1000);
        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(9));
        assertThat(config.ackTimeout()).isEqualTo(Duration.ofSeconds(11));
    }

    @ParameterizedTest
    @CsvSource({
        "request-plane-host, localhost, an IP address",
        "request-plane-port, 65536, 0 to 65535",
        "request-plane-message-bytes-max, 0, between 1 byte and 1GiB",
        "request-plane-message-bytes-max, 1073741825, between 1 byte and 1GiB",
        "request-plane-response-bytes-max, 33554431, >= request-plane-message-bytes-max",
        "request-plane-calls-max, 0, > 0",
        "request-plane-connect-timeout, 0s, 1ms to 1h",
        "request-plane-ack-timeout, 7200s, 1ms to 1h",
        "request-plane-call-home-timeout, 0s, 1ms to 1h",
    })
    void aValueOutOfRangeIsNamed(String option, String value, String expected) {
        assertRefused(
                () -> TcpRequestPlaneConfig.from(flags(option, value)),
                option + ": " + value + " (expected: " + expected + ")");
    }
}
