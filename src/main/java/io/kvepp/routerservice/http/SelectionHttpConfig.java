package io.kvepp.routerservice.http;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Where the selection API listens over HTTP.
///
/// - `port`: 0 lets the system choose; -1: nowhere
///
/// Immutable.
public record SelectionHttpConfig(String host, int port) {
    private static final int OFF = -1;

    public SelectionHttpConfig {
        check(port >= OFF && port <= 65_535, "selection-port", port, "-1 to 65535");
    }

    public static SelectionHttpConfig from(Options options, String host) {
        return new SelectionHttpConfig(
                host,
                options.option(
                                "selection-port",
                                "HTTP port of the selection API, for callers that are no gateways; -1: none")
                        .integer(OFF));
    }

    public boolean isOn() {
        return port != OFF;
    }
}
