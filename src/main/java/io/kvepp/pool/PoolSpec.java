package io.kvepp.pool;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kube.KubeObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which pods a pool has, and where they listen. Which picker is asked (`endpointPickerRef`) is for the
/// gateway.
///
/// - `selector`: labels that a pod must all have
/// - `targetPorts`: each is an endpoint of every pod, in this order
/// - `appProtocol`: how the gateway speaks to pods; changes nothing here
/// - `controllers`: of the gateways that have taken up the pool, in the order of its status
///
/// Source: Gateway API Inference Extension, InferencePool v1.
///
/// Immutable.
record PoolSpec(Map<String, String> selector, List<Integer> targetPorts, String appProtocol, List<String> controllers) {
    private static final String HTTP = "http";
    private static final Set<String> APP_PROTOCOLS = Set.of(HTTP, "kubernetes.io/h2c");

    PoolSpec {
        selector = Map.copyOf(selector);
        targetPorts = List.copyOf(targetPorts);
        controllers = List.copyOf(controllers);
    }

    /// Pods without such an object.
    static PoolSpec selecting(Map<String, String> selector, List<Integer> targetPorts) {
        return new PoolSpec(selector, targetPorts, HTTP, List.of());
    }

    /// Whether gateways know how to speak to the pods.
    boolean hasKnownProtocol() {
        return APP_PROTOCOLS.contains(appProtocol);
    }

    /// Null when the object is about to go, or selects nothing.
    static @Nullable PoolSpec of(KubeObject pool) {
        JsonNode spec = pool.json().path("spec");
        Map<String, String> selector = new LinkedHashMap<>();
        spec.path("selector")
                .path("matchLabels")
                .properties()
                .forEach(label -> selector.put(label.getKey(), label.getValue().asText()));
        List<Integer> ports = new ArrayList<>();
        spec.path("targetPorts").forEach(port -> ports.add(port.path("number").asInt()));
        List<String> controllers = new ArrayList<>();
        pool.json()
                .path("status")
                .path("parents")
                .forEach(parent -> controllers.add(parent.path("controllerName").asText()));
        return pool.isLeaving() || selector.isEmpty()
                ? null
                : new PoolSpec(
                        selector,
                        ports,
                        spec.path("appProtocol").asText(HTTP),
                        controllers.stream().distinct().toList());
    }
}
