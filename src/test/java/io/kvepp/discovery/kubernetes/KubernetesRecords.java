package io.kvepp.discovery.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.testing.DynamoWorker;
import java.nio.file.Path;
import java.util.Map;

/// What a worker of the discovery contract writes into Kubernetes.
final class KubernetesRecords {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> BUCKETS = Map.of(
            "v1/instances", "endpoints",
            "v1/mdc", "model_cards",
            "v1/event_channels", "event_channels",
            "v1/event_sources", "event_sources");

    /// Of a process that only looks.
    static final PodIdentity NO_POD = new PodIdentity(Path.of("none-such"), "", "", "");

    private KubernetesRecords() {}

    /// The name of its pod and of all that is its own.
    static String name(int worker) {
        return "worker-" + worker;
    }

    /// Its DynamoWorkerMetadata.
    static ObjectNode metadata(int worker, String podUid) {
        ObjectNode object = object("nvidia.com/v1alpha1", "DynamoWorkerMetadata", name(worker));
        ObjectNode owner =
                object.withObject("/metadata").putArray("ownerReferences").addObject();
        owner.put("apiVersion", "v1")
                .put("kind", "Pod")
                .put("name", name(worker))
                .put("uid", podUid);
        ObjectNode data = object.putObject("spec").putObject("data");
        new DynamoWorker(worker).entries().forEach((key, json) -> {
            int bucketEnd = key.indexOf('/', "v1/".length());
            data.withObject("/" + BUCKETS.get(key.substring(0, bucketEnd)))
                    .set(key.substring(bucketEnd + 1), read(json));
        });
        return object;
    }

    /// The same with a model card that is none.
    static ObjectNode damaged(int worker, String podUid) {
        ObjectNode object = metadata(worker, podUid);
        ObjectNode cards = object.withObject("/spec/data/model_cards");
        cards.put(cards.fieldNames().next(), "damaged");
        return object;
    }

    static ObjectNode object(String apiVersion, String kind, String name) {
        ObjectNode object =
                JSON.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
        object.putObject("metadata").put("name", name);
        return object;
    }

    private static ObjectNode read(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }
}
