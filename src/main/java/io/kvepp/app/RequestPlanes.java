package io.kvepp.app;

import io.kvepp.config.Options;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.requestplane.TcpRequestServerConfig;
import io.kvepp.routerservice.plane.RouterEndpointsConfig;

/// Both sides of the request plane: calls to workers, and what is served to callers.
///
/// Immutable.
record RequestPlanes(TcpRequestPlaneConfig calls, RouterEndpointsConfig endpoints, TcpRequestServerConfig server) {
    static RequestPlanes from(Options options) {
        TcpRequestPlaneConfig calls = TcpRequestPlaneConfig.from(options);
        return new RequestPlanes(
                calls, RouterEndpointsConfig.from(options), TcpRequestServerConfig.from(options, calls));
    }
}
