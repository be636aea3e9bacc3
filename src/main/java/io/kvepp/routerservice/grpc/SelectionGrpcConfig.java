package io.kvepp.routerservice.grpc;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Where the selection API listens over gRPC.
///
/// - `port`: 0 lets the system choose; -1: nowhere
///
/// Immutable.
public record SelectionGrpcConfig(String host, int port) {
    private static final int OFF = -1;

    public SelectionGrpcConfig {
        check(port >= OFF && port <= 65_535, "selection-grpc-port", port, "-1 to 65535");
    }

    public static SelectionGrpcConfig from(Options options, String host) {
        return new SelectionGrpcConfig(
                host,
                options.option("selection-grpc-port", "gRPC port of the selection API; -1: none")
                        .integer(OFF));
    }

    public boolean isOn() {
        return port != OFF;
    }
}
