package io.kvepp.requestplane;

import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import io.kvepp.requestplane.TcpRequestPlaneServer.QuickHandler;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// An endpoint as the server knows it.
///
/// - `name`: for meters
/// - `handler`: serves any of its requests, and may wait
/// - `quick`: serves small ones without a thread of their own; null when each needs one
/// - `underWay`: ids of its requests
///
/// Thread-safe.
record ServedEndpoint(
        String service,
        String name,
        EndpointHandler handler,
        @Nullable QuickHandler quick,
        Set<String> underWay) {
    static ServedEndpoint patient(String service, String name, EndpointHandler handler) {
        return new ServedEndpoint(service, name, handler, null, ConcurrentHashMap.newKeySet());
    }

    static ServedEndpoint quick(String service, String name, QuickHandler quick) {
        EndpointHandler patient = (request, answer) -> {
            @Nullable EndpointHandler rest = quick.handle(request, answer);
            if (rest != null) {
                rest.handle(request, answer);
            }
        };
        return new ServedEndpoint(service, name, patient, quick, ConcurrentHashMap.newKeySet());
    }
}
