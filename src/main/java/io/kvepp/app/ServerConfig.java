package io.kvepp.app;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// Where gRPC is served and how the process leaves.
///
/// - `drainPropagation`: how long requests are still taken after readiness was withdrawn, so that
///   gateways notice
/// - `drainTimeout`: how long requests under way may then take
///
/// Immutable.
public record ServerConfig(
        String host,
        int port,
        int healthPort,
        Duration drainPropagation,
        Duration drainTimeout,
        boolean exitWhenReady) {
    public ServerConfig {
        check(port >= 0 && port <= 65_535, "port", port, "0 to 65535");
        check(healthPort >= 0 && healthPort <= 65_535, "health-port", healthPort, "0 to 65535");
        check(!drainPropagation.isNegative(), "drain-propagation", drainPropagation, ">= 0");
        check(!drainTimeout.isNegative(), "drain-timeout", drainTimeout, ">= 0");
    }

    public static ServerConfig from(Options options) {
        return new ServerConfig(
                options.option("host", "address all servers listen on").string("0.0.0.0"),
                options.option("port", "gRPC port of ext_proc").integer(9002),
                options.option("health-port", "gRPC port of the health service alone")
                        .integer(9003),
                options.option("drain-propagation", "time between \"not ready\" and refusing requests")
                        .env("DYN_EPP_GRACEFUL_SHUTDOWN_PROPAGATION_SECS", seconds -> seconds + "s")
                        .duration(Duration.ofSeconds(5)),
                options.option("drain-timeout", "longest wait for requests under way when stopping")
                        .duration(Duration.ofSeconds(30)),
                options.option("exit-when-ready", "stop with status 0 once ready: a check of the installation")
                        .flag(false));
    }
}
