package io.kvepp.discovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.math.BigInteger;
import java.util.List;

/// The entries of Dynamo's discovery store that this process writes.
///
/// Source: Dynamo `lib/runtime/src/discovery`.
///
/// Thread-safe.
public final class AnnouncedRecords {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WHOLE_REQUESTS = "Chat | Completions";

    /// What a card says of one engine, and not of a process in front of several.
    private static final List<String> ENGINE_FIELDS = List.of(
            "kv_state_endpoint",
            "disaggregated_endpoint",
            "data_parallel_start_rank",
            "stable_routing_id",
            "topology_domains",
            "kv_transfer_domain",
            "kv_transfer_enforcement",
            "kv_transfer_preferred_weight");

    private AnnouncedRecords() {}

    /// The key of an entry within its bucket.
    public static String key(EndpointId endpoint, long instanceId) {
        return endpoint + "/" + Long.toHexString(instanceId);
    }

    /// The last part of a transport: what routes within this process.
    public static String path(EndpointId endpoint, long instanceId) {
        return Long.toHexString(instanceId) + "/" + endpoint;
    }

    /// An endpoint that reads and writes msgpack and is called at `transport`.
    public static byte[] endpoint(EndpointId endpoint, long instanceId, String transport) {
        ObjectNode record = record("Endpoint", endpoint, instanceId);
        record.putObject("transport").put("tcp", transport);
        return bytes(record.put("request_plane_codec", "msgpack"));
    }

    /// The model of a worker's entry as `endpoint` serves it: by one rank that does prefill and decode
    /// and tells nothing of its cache.
    ///
    /// @throws IOException when the entry is none of a model
    public static byte[] model(byte[] ofWorker, EndpointId endpoint, long instanceId) throws IOException {
        JsonNode worker = JSON.readTree(ofWorker);
        if (!(worker.get("card_json") instanceof ObjectNode card)) {
            throw new IOException("card_json: absent (expected: a model card)");
        }
        card.put("worker_type", "aggregated").putArray("needs");
        if (card.path("model_type").asText().replace("Prefill", "").isBlank()) {
            card.put("model_type", WHOLE_REQUESTS);
        }
        if (card.get("runtime_config") instanceof ObjectNode runtime) {
            runtime.remove(ENGINE_FIELDS);
            runtime.put("data_parallel_size", 1);
            runtime.put("enable_local_indexer", false);
            runtime.put("kv_event_publishing_enabled", false);
        }
        ObjectNode record = record("Model", endpoint, instanceId);
        record.set("card_json", card);
        if (worker.hasNonNull("model_suffix")) {
            record.set("model_suffix", worker.get("model_suffix"));
        }
        return bytes(record);
    }

    private static ObjectNode record(String type, EndpointId endpoint, long instanceId) {
        return JSON.createObjectNode()
                .put("type", type)
                .put("namespace", endpoint.namespace())
                .put("component", endpoint.component())
                .put("endpoint", endpoint.name())
                .put("instance_id", new BigInteger(Long.toUnsignedString(instanceId)));
    }

    private static byte[] bytes(ObjectNode record) {
        try {
            return JSON.writeValueAsBytes(record);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written", e);
        }
    }
}
