package io.kvepp.admin;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Where the operators' HTTP server listens. Port 0 lets the system choose.
///
/// Immutable.
public record AdminConfig(String host, int port) {
    public AdminConfig {
        check(port >= 0 && port <= 65_535, "admin-port", port, "0 to 65535");
    }

    public static AdminConfig from(Options options, String host) {
        return new AdminConfig(
                host,
                options.option("admin-port", "HTTP port of /metrics, /healthz, /readyz, /workers and /picks")
                        .env("DYN_EPP_METRICS_PORT")
                        .integer(9090));
    }
}
