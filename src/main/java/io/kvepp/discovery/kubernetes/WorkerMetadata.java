package io.kvepp.discovery.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.discovery.DiscoveryProblem;
import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.MalformedRecordException;
import io.kvepp.kube.KubeObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one worker says of itself: the entries of its DynamoWorkerMetadata, by bucket and key.
///
/// An entry that cannot be read keeps the last good value it had; so do all entries when the object
/// has no data.
///
/// Immutable.
record WorkerMetadata(
        String uid, String version, Map<String, DiscoveryRecord> entries, List<DiscoveryProblem> problems) {
    private static final List<String> BUCKETS = List.of("endpoints", "model_cards", "event_channels", "event_sources");

    WorkerMetadata {
        entries = Map.copyOf(entries);
        problems = List.copyOf(problems);
    }

    /// The object as it is now; `known` is what it said before, null when nothing is known of it.
    static WorkerMetadata of(KubeObject object, @Nullable WorkerMetadata known, DiscoveryRecordReader reader) {
        if (known != null && known.isOf(object)) {
            return known;
        }
        Map<String, DiscoveryRecord> before =
                known != null && known.uid().equals(object.uid()) ? known.entries() : Map.of();
        JsonNode data = object.json().path("spec").path("data");
        if (!data.isObject()) {
            return new WorkerMetadata(
                    object.uid(),
                    object.version(),
                    before,
                    List.of(malformed(object.name(), "spec.data", "an object")));
        }
        Map<String, DiscoveryRecord> entries = new LinkedHashMap<>();
        List<DiscoveryProblem> problems = new ArrayList<>();
        for (String bucket : BUCKETS) {
            JsonNode values = data.path(bucket);
            // Server-side apply turns an empty map into null.
            if (!values.isObject() && !values.isNull() && !values.isMissingNode()) {
                problems.add(malformed(object.name(), "spec.data." + bucket, "an object"));
            }
            values.properties().forEach(entry -> {
                String key = bucket + "/" + entry.getKey();
                try {
                    entries.put(key, reader.read(entry.getValue()));
                } catch (MalformedRecordException e) {
                    problems.add(new DiscoveryProblem(
                            object.name() + "/" + key, Reason.MALFORMED, String.valueOf(e.getMessage())));
                    @Nullable DiscoveryRecord last = before.get(key);
                    if (last != null) {
                        entries.put(key, last);
                    }
                }
            });
        }
        return new WorkerMetadata(object.uid(), object.version(), entries, problems);
    }

    private boolean isOf(KubeObject object) {
        return uid.equals(object.uid()) && version.equals(object.version());
    }

    private static DiscoveryProblem malformed(String name, String field, String expected) {
        return new DiscoveryProblem(name, Reason.MALFORMED, field + ": of another kind (expected: " + expected + ")");
    }
}
