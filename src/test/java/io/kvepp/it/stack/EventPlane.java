package io.kvepp.it.stack;

import java.util.List;
import java.util.Map;

/// How KV events travel in a stack.
///
/// - `environment`: what Dynamo's programs need to use it
/// - `kvEppFlags`: what kv-epp needs
///
/// Immutable.
public record EventPlane(Map<String, String> environment, List<String> kvEppFlags) {
    /// Every publisher has a socket of its own.
    public static final EventPlane ZMQ =
            new EventPlane(Map.of("DYN_EVENT_PLANE", "zmq"), List.of("--event-plane", "zmq"));

    public EventPlane {
        environment = Map.copyOf(environment);
        kvEppFlags = List.copyOf(kvEppFlags);
    }
}
