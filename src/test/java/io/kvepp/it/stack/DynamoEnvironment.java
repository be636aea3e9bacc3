package io.kvepp.it.stack;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The environment variables of Dynamo's programs: no network but the loopback interface, no server
/// of any kind, and nothing of the environment that starts the tests.
///
/// Thread-safe.
final class DynamoEnvironment {
    private static final Set<String> MISLEADING = Set.of("NATS_SERVER", "ETCD_ENDPOINTS", "PYTHONPATH", "PYTHONHOME");

    private DynamoEnvironment() {}

    /// @param more wins over everything else
    static Map<String, String> of(WorkerStore store, EventPlane events, Map<String, String> more) {
        Map<String, String> environment = new TreeMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("DYN_") || MISLEADING.contains(name));
        environment.putAll(Map.of(
                "HF_HUB_OFFLINE", "1",
                "TRANSFORMERS_OFFLINE", "1",
                "PYTHONUNBUFFERED", "1",
                "DYN_SDK_DISABLE_ANSI_LOGGING", "1",
                "DYN_SELF_HOST_METADATA", "0"));
        environment.putAll(Map.of(
                "DYN_NAMESPACE", Stack.NAMESPACE,
                "DYN_REQUEST_PLANE", "tcp",
                "DYN_TCP_RPC_HOST", "127.0.0.1"));
        environment.putAll(store.environment());
        environment.putAll(events.environment());
        environment.putAll(more);
        return environment;
    }
}
