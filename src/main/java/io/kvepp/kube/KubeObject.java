package io.kvepp.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/// One object as the API server tells it. Absent parts are missing nodes, never null.
///
/// - `name`, `uid`, `version`: of its metadata; an object that changed has another version
///
/// Immutable; the tree must not be changed.
public record KubeObject(String name, String uid, String version, JsonNode json) {
    public static KubeObject of(JsonNode json) {
        JsonNode metadata = json.path("metadata");
        return new KubeObject(
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                metadata.path("resourceVersion").asText(),
                json);
    }

    public Map<String, String> labels() {
        return texts("labels");
    }

    public Map<String, String> annotations() {
        return texts("annotations");
    }

    /// Whether the object is about to go.
    public boolean isLeaving() {
        return json.path("metadata").path("deletionTimestamp").isTextual();
    }

    private Map<String, String> texts(String field) {
        Map<String, String> texts = new LinkedHashMap<>();
        json.path("metadata")
                .path(field)
                .properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }
}
