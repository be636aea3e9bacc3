package io.kvepp.requestplane;

import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// An endpoint as the server knows it.
///
/// - `name`: for meters
/// - `underWay`: ids of its requests
///
/// Thread-safe.
record ServedEndpoint(String service, String name, EndpointHandler handler, Set<String> underWay) {
    ServedEndpoint(String service, String name, EndpointHandler handler) {
        this(service, name, handler, ConcurrentHashMap.newKeySet());
    }
}
