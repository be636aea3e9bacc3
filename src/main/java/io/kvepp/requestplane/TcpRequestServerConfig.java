package io.kvepp.requestplane;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.net.InetAddress;
import java.time.Duration;

/// Where requests are served, and what callers may take.
///
/// - `host`, `port`: what is listened on; port 0 lets the system choose. For the wildcard address
///   callers are told an address of this machine.
/// - `connectionsMax`, `requestsMax`, `connectionRequestsMax`: connections of callers, and requests
///   under way in all and of one connection
/// - `messageBytesMax`, `requestBytesTotalMax`: the largest request, and all under way together
/// - `frameTimeout`: from the first byte of a request to its last
/// - `idleTimeout`: how long a connection may stay without a request
/// - `writeTimeout`: how long a caller may leave what it was sent unread
/// - `connectTimeout`: for the connection that carries the answer
/// - `tls`: of both sides of the request plane
///
/// Immutable.
public record TcpRequestServerConfig(
        InetAddress host,
        int port,
        int connectionsMax,
        int requestsMax,
        int connectionRequestsMax,
        long messageBytesMax,
        long requestBytesTotalMax,
        Duration frameTimeout,
        Duration idleTimeout,
        Duration writeTimeout,
        Duration connectTimeout,
        TcpRequestPlaneConfig.Tls tls) {
    private static final String HOST_DEFAULT = "0.0.0.0";
    private static final int CONNECTIONS_MAX_DEFAULT = 16_384;
    private static final int REQUESTS_MAX_DEFAULT = 8_192;
    private static final int CONNECTION_REQUESTS_MAX_DEFAULT = 4_096;
    private static final long REQUEST_BYTES_TOTAL_MAX_DEFAULT = 512L << 20;
    private static final Duration FRAME_TIMEOUT_DEFAULT = Duration.ofSeconds(10);
    private static final Duration IDLE_TIMEOUT_DEFAULT = Duration.ofHours(1);
    private static final Duration WRITE_TIMEOUT_DEFAULT = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofHours(24);

    public TcpRequestServerConfig {
        check(port >= 0 && port <= 65_535, "serve-port", port, "0 to 65535");
        check(connectionsMax > 0, "serve-connections-max", connectionsMax, "> 0");
        check(requestsMax > 0, "serve-requests-max", requestsMax, "> 0");
        check(connectionRequestsMax > 0, "serve-connection-requests-max", connectionRequestsMax, "> 0");
        check(
                messageBytesMax > 0 && messageBytesMax <= 1L << 30,
                "request-plane-message-bytes-max",
                messageBytesMax,
                "between 1 byte and 1GiB");
        check(
                requestBytesTotalMax >= messageBytesMax,
                "serve-request-bytes-total-max",
                requestBytesTotalMax,
                ">= request-plane-message-bytes-max");
        checkTime("serve-frame-timeout", frameTimeout);
        checkTime("serve-idle-timeout", idleTimeout);
        checkTime("serve-write-timeout", writeTimeout);
        checkTime("request-plane-connect-timeout", connectTimeout);
    }

    /// What messages may be, TLS, and how long connecting may take is the same as for `calls`.
    public static TcpRequestServerConfig from(Options options, TcpRequestPlaneConfig calls) {
        return new TcpRequestServerConfig(
                address(options.option("serve-host", "address that the router's endpoints listen on; 0.0.0.0 is any")
                        .env("DYN_TCP_RPC_HOST")
                        .string(HOST_DEFAULT)),
                options.option("serve-port", "port of the router's endpoints; 0 lets the system choose")
                        .env("DYN_TCP_RPC_PORT")
                        .integer(0),
                options.option("serve-connections-max", "connections of callers; more are closed")
                        .integer(CONNECTIONS_MAX_DEFAULT),
                options.option("serve-requests-max", "requests of callers under way; more are refused as overload")
                        .integer(REQUESTS_MAX_DEFAULT),
                options.option("serve-connection-requests-max", "the same for one connection")
                        .integer(CONNECTION_REQUESTS_MAX_DEFAULT),
                calls.messageBytesMax(),
                options.option("serve-request-bytes-total-max", "bytes of requests under way; more are refused")
                        .bytes(REQUEST_BYTES_TOTAL_MAX_DEFAULT),
                options.option("serve-frame-timeout", "longest time from a request's first byte to its last")
                        .duration(FRAME_TIMEOUT_DEFAULT),
                options.option("serve-idle-timeout", "a connection without a request for so long is closed")
                        .duration(IDLE_TIMEOUT_DEFAULT),
                options.option("serve-write-timeout", "a caller that reads nothing for so long is cut off")
                        .duration(WRITE_TIMEOUT_DEFAULT),
                calls.connectTimeout(),
                calls.tls());
    }

    private static void checkTime(String name, Duration value) {
        check(value.compareTo(Duration.ofMillis(1)) >= 0 && value.compareTo(LONGEST) <= 0, name, value, "1ms to 24h");
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw ConfigurationException.of("serve-host", text, "an IP address");
        }
    }
}
