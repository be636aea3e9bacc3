package io.kvepp.discovery.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kube.KubeObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The names under which ready workers register, each with the uid of its pod.
///
/// Source: Dynamo `lib/runtime/src/discovery/kube/utils.rs`.
///
/// Immutable.
record ReadyTargets(Map<String, String> podUids) {
    private static final String MAIN_CONTAINER = "main";

    ReadyTargets {
        podUids = Map.copyOf(podUids);
    }

    /// Pods that an EndpointSlice calls ready. An endpoint that names no pod, or no uid, is none.
    static ReadyTargets ofSlices(List<KubeObject> slices) {
        Map<String, String> ready = new HashMap<>();
        for (KubeObject slice : slices) {
            for (JsonNode endpoint : slice.json().path("endpoints")) {
                JsonNode target = endpoint.path("targetRef");
                String name = target.path("name").asText();
                String uid = target.path("uid").asText();
                if (endpoint.path("conditions").path("ready").asBoolean() && !name.isEmpty() && !uid.isEmpty()) {
                    ready.put(name, uid);
                }
            }
        }
        return new ReadyTargets(ready);
    }

    /// Containers that their pod's status calls ready. The container `main` registers under the
    /// pod's own name.
    static ReadyTargets ofPods(List<KubeObject> pods) {
        Map<String, String> ready = new HashMap<>();
        for (KubeObject pod : pods) {
            for (JsonNode container : pod.json().path("status").path("containerStatuses")) {
                if (container.path("ready").asBoolean() && !pod.isLeaving()) {
                    String name = container.path("name").asText();
                    ready.put(name.equals(MAIN_CONTAINER) ? pod.name() : pod.name() + "-" + name, pod.uid());
                }
            }
        }
        return new ReadyTargets(ready);
    }

    /// Whether what this object says is said by a worker that is ready. A pod that was replaced by
    /// one of the same name leaves its object behind for a while.
    boolean includes(KubeObject metadata) {
        @Nullable String uid = podUids.get(metadata.name());
        if (uid == null) {
            return false;
        }
        for (JsonNode owner : metadata.json().path("metadata").path("ownerReferences")) {
            if (owner.path("kind").asText().equals("Pod")) {
                return owner.path("uid").asText().equals(uid);
            }
        }
        return true;
    }
}
