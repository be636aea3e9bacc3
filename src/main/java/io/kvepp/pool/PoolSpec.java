package io.kvepp.pool;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kube.KubeObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which pods a pool has, and where they listen. How they are spoken to (`appProtocol`) and which
/// picker is asked (`endpointPickerRef`) are for the gateway.
///
/// - `selector`: labels that a pod must all have
/// - `targetPorts`: each is an endpoint of every pod, in this order
///
/// Source: Gateway API Inference Extension, InferencePool v1.
///
/// Immutable.
record PoolSpec(Map<String, String> selector, List<Integer> targetPorts) {
    PoolSpec {
        selector = Map.copyOf(selector);
        targetPorts = List.copyOf(targetPorts);
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
        return pool.isLeaving() || selector.isEmpty() ? null : new PoolSpec(selector, ports);
    }
}
