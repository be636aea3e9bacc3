package io.kvepp.requestplane;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where workers call back, and the limits of a call.
///
/// - `host`, `port`: what is listened on. Workers are told this address; for the wildcard address
///   it is the local address of the connection to the worker. Port 0 lets the system choose.
/// - `messageBytesMax`: the largest message in either direction, as workers count it
/// - `responseBytesMax`: all messages of one answer together, each with its 24 bytes of lengths
/// - `callsMax`, `streamsMax`: calls under way at a time whose answers are collected, and whose
///   answers are read as they arrive
/// - `poolSize`, `poolIdleTimeout`: connections to one worker that are kept, and for how long unused
/// - `connectTimeout`, `ackTimeout`, `callHomeTimeout`: for the connection to the worker, for the
///   request until the worker has acknowledged it, and from there until the worker has called back
/// - `tls`: of both sides of the request plane
///
/// Immutable.
public record TcpRequestPlaneConfig(
        InetAddress host,
        int port,
        long messageBytesMax,
        long responseBytesMax,
        int callsMax,
        int streamsMax,
        int poolSize,
        Duration poolIdleTimeout,
        Duration connectTimeout,
        Duration ackTimeout,
        Duration callHomeTimeout,
        Tls tls) {
    private static final String HOST_DEFAULT = "0.0.0.0";
    private static final long MESSAGE_BYTES_MAX_DEFAULT = 32L << 20;
    private static final long RESPONSE_BYTES_MAX_DEFAULT = 128L << 20;
    private static final int CALLS_MAX_DEFAULT = 64;
    private static final int STREAMS_MAX_DEFAULT = 8_192;
    private static final int POOL_SIZE_DEFAULT = 16;
    private static final Duration POOL_IDLE_TIMEOUT_DEFAULT = Duration.ofSeconds(60);
    private static final Duration CONNECT_TIMEOUT_DEFAULT = Duration.ofSeconds(5);
    private static final Duration ACK_TIMEOUT_DEFAULT = Duration.ofSeconds(5);
    private static final Duration CALL_HOME_TIMEOUT_DEFAULT = Duration.ofSeconds(10);
    private static final Duration STAGE_MAX = Duration.ofHours(1);

    public TcpRequestPlaneConfig {
        check(port >= 0 && port <= 65_535, "request-plane-port", port, "0 to 65535");
        check(
                messageBytesMax > 0 && messageBytesMax <= 1L << 30,
                "request-plane-message-bytes-max",
                messageBytesMax,
                "between 1 byte and 1GiB");
        check(
                responseBytesMax >= messageBytesMax,
                "request-plane-response-bytes-max",
                responseBytesMax,
                ">= request-plane-message-bytes-max");
        check(callsMax > 0, "request-plane-calls-max", callsMax, "> 0");
        check(streamsMax > 0, "request-plane-streams-max", streamsMax, "> 0");
        check(poolSize > 0, "request-plane-pool-size", poolSize, "> 0");
        checkStage("request-plane-pool-idle-timeout", poolIdleTimeout);
        checkStage("request-plane-connect-timeout", connectTimeout);
        checkStage("request-plane-ack-timeout", ackTimeout);
        checkStage("request-plane-call-home-timeout", callHomeTimeout);
    }

    /// Who has to show which certificate on the request plane.
    ///
    /// - `certificateFile`, `keyFile`: of this process for those that connect to it, who then have to
    ///   speak TLS; both or none
    /// - `clientCaFile`: who signs those that connect; null: they need no certificate
    /// - `caFile`: who signs those that this process connects to, which then have to speak TLS; or else
    ///   `insecure`: they speak TLS, and may be anybody
    /// - `serverName`: what their certificates name; null: their address
    /// - `clientCertificateFile`, `clientKeyFile`: of this process for those it connects to; both or none
    /// - `handshakeTimeout`: until either side is sure of the other
    ///
    /// Source: Dynamo `lib/runtime/src/config/environment_names`, `tcp_response_stream::tls`.
    ///
    /// Immutable.
    public record Tls(
            @Nullable String certificateFile,
            @Nullable String keyFile,
            @Nullable String clientCaFile,
            @Nullable String caFile,
            boolean insecure,
            @Nullable String serverName,
            @Nullable String clientCertificateFile,
            @Nullable String clientKeyFile,
            Duration handshakeTimeout) {
        /// Everything is in the clear.
        public static final Tls NONE = new Tls(null, null, null, null, false, null, null, null, Duration.ofSeconds(3));

        public Tls {
            checkPair("request-plane-tls-cert", certificateFile, "request-plane-tls-key", keyFile);
            checkPair(
                    "request-plane-tls-client-cert",
                    clientCertificateFile,
                    "request-plane-tls-client-key",
                    clientKeyFile);
            check(
                    clientCaFile == null || certificateFile != null,
                    "request-plane-tls-client-ca",
                    String.valueOf(clientCaFile),
                    "none without request-plane-tls-cert");
            check(
                    clientCertificateFile == null || caFile != null || insecure,
                    "request-plane-tls-client-cert",
                    String.valueOf(clientCertificateFile),
                    "none without request-plane-tls-ca");
            checkStage("request-plane-tls-handshake-timeout", handshakeTimeout);
        }

        static Tls from(Options options) {
            return new Tls(
                    options.option("request-plane-tls-cert", "PEM chain of this process; who connects to it speaks TLS")
                            .env("DYN_TCP_TLS_CERT_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-key", "its PEM key")
                            .env("DYN_TCP_TLS_KEY_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-client-ca", "PEM file of those who sign who connects")
                            .env("DYN_TCP_TLS_CLIENT_CA_CERT_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-ca", "PEM file of those who sign workers, which then speak TLS")
                            .env("DYN_TCP_TLS_CA_CERT_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-insecure", "speak TLS with workers without asking who they are")
                            .env("DYN_TCP_TLS_INSECURE")
                            .flag(false),
                    options.option(
                                    "request-plane-tls-server-name",
                                    "what workers' certificates name; else their address")
                            .env("DYN_TCP_TLS_SERVER_NAME")
                            .optionalString(),
                    options.option("request-plane-tls-client-cert", "PEM chain that is shown to workers")
                            .env("DYN_TCP_TLS_CLIENT_CERT_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-client-key", "its PEM key")
                            .env("DYN_TCP_TLS_CLIENT_KEY_PATH")
                            .optionalString(),
                    options.option("request-plane-tls-handshake-timeout", "longest time for the start of TLS")
                            .env("DYN_TCP_TLS_HANDSHAKE_TIMEOUT_SECS", seconds -> seconds + "s")
                            .duration(NONE.handshakeTimeout()));
        }

        boolean accepts() {
            return certificateFile != null;
        }

        boolean connects() {
            return caFile != null || insecure;
        }

        private static void checkPair(
                String certificate, @Nullable String certificateFile, String key, @Nullable String keyFile) {
            check(certificateFile == null || keyFile != null, key, "none", "given, as " + certificate + " is");
            check(keyFile == null || certificateFile != null, certificate, "none", "given, as " + key + " is");
        }
    }

    public static TcpRequestPlaneConfig from(Options options) {
        return new TcpRequestPlaneConfig(
                address(options.option("request-plane-host", "address that workers call back; 0.0.0.0 is any")
                        .env("DYN_TCP_RPC_HOST")
                        .string(HOST_DEFAULT)),
                options.option("request-plane-port", "port that workers call back; 0 lets the system choose")
                        .env("DYN_TCP_RESPONSE_STREAM_PORT")
                        .integer(0),
                options.option("request-plane-message-bytes-max", "largest message to or from a worker")
                        .env("DYN_TCP_MAX_MESSAGE_SIZE")
                        .bytes(MESSAGE_BYTES_MAX_DEFAULT),
                options.option("request-plane-response-bytes-max", "largest answer of a worker, all messages together")
                        .bytes(RESPONSE_BYTES_MAX_DEFAULT),
                options.option("request-plane-calls-max", "calls to workers at a time; more are refused")
                        .integer(CALLS_MAX_DEFAULT),
                options.option("request-plane-streams-max", "requests passed on to workers at a time; more are refused")
                        .integer(STREAMS_MAX_DEFAULT),
                options.option("request-plane-pool-size", "connections to one worker that requests share")
                        .env("DYN_TCP_POOL_SIZE")
                        .integer(POOL_SIZE_DEFAULT),
                options.option("request-plane-pool-idle-timeout", "how long one of them is kept unused")
                        .duration(POOL_IDLE_TIMEOUT_DEFAULT),
                options.option("request-plane-connect-timeout", "longest time to connect to a worker")
                        .env("DYN_TCP_CONNECT_TIMEOUT", seconds -> seconds + "s")
                        .duration(CONNECT_TIMEOUT_DEFAULT),
                options.option("request-plane-ack-timeout", "longest time until a worker acknowledges a call")
                        .env("DYN_TCP_REQUEST_TIMEOUT", seconds -> seconds + "s")
                        .duration(ACK_TIMEOUT_DEFAULT),
                options.option("request-plane-call-home-timeout", "longest time from there until it calls back")
                        .duration(CALL_HOME_TIMEOUT_DEFAULT),
                Tls.from(options));
    }

    private static void checkStage(String name, Duration value) {
        check(value.compareTo(Duration.ofMillis(1)) >= 0 && value.compareTo(STAGE_MAX) <= 0, name, value, "1ms to 1h");
    }

    /// Literal addresses only: a worker would have to resolve a name to the same machine.
    private static InetAddress address(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw ConfigurationException.of("request-plane-host", text, "an IP address");
        }
    }
}
