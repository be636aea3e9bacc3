package io.kvepp.discovery.testing;

import java.util.LinkedHashMap;
import java.util.Map;

/// A synthetic worker as Dynamo's store has it: its entries by key, such as
/// `v1/instances/dynamo/backend/generate/7b`.
///
/// - `id`: unsigned
///
/// Immutable.
public record DynamoWorker(long id, String namespace, String model) {
    private static final String MODE_FRAMEWORK = "framework_v1";

    public DynamoWorker(long id) {
        this(id, "dynamo", "tiny-chat");
    }

    /// What one rank with KV events and recovery has in all four buckets.
    public Map<String, String> entries() {
        return entries(MODE_FRAMEWORK);
    }

    /// The same, announcing its KV events in another way.
    public Map<String, String> entries(String sourceMode) {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("v1/instances/" + path(), instance());
        entries.put("v1/mdc/" + path(), card(sourceMode));
        entries.put("v1/event_channels/" + topicPath(), channel());
        entries.put("v1/event_sources/" + topicPath(), source());
        return entries;
    }

    /// The key of its model card.
    public String cardKey() {
        return "v1/mdc/" + path();
    }

    /// The id of what publishes its KV events.
    public long publisherId() {
        return id & 0x1F_FFFF_FFFF_FFFFL;
    }

    private String path() {
        return namespace + "/backend/generate/" + Long.toHexString(id);
    }

    private String topicPath() {
        return "namespace/" + namespace + "/component/backend/endpoint/generate/topic/kv-events/"
                + Long.toHexString(publisherId());
    }

    private String instance() {
        return """
                {"type":"Endpoint","component":"backend","endpoint":"generate","namespace":"%s","instance_id":%s,\
                "transport":{"tcp":"127.0.0.1:1/%s/generate"},"request_plane_codec":"msgpack"}""".formatted(namespace, Long.toUnsignedString(id), Long.toHexString(id));
    }

    private String card(String sourceMode) {
        return """
                {"type":"Model","namespace":"%s","component":"backend","endpoint":"generate","instance_id":%s,\
                "card_json":{"display_name":"%s","kv_cache_block_size":16,"model_type":"Chat | Completions",\
                "worker_type":"aggregated","runtime_config":{"kv_event_source_mode":"%s"}}}""".formatted(namespace, Long.toUnsignedString(id), model, sourceMode);
    }

    private String channel() {
        return """
                {"type":"EventChannel","scope":%s,"topic":"kv-events","instance_id":%s,\
                "transport":{"kind":"Zmq","config":{"endpoint":"tcp://127.0.0.1:2"}}}""".formatted(scope(), Long.toUnsignedString(publisherId()));
    }

    private String source() {
        return """
                {"type":"EventSource","scope":%s,"topic":"kv-events","publisher_id":%s,\
                "metadata":{"worker":{"worker_id":%s,"dp_rank":0}}}""".formatted(scope(), Long.toUnsignedString(publisherId()), Long.toUnsignedString(id));
    }

    private String scope() {
        return """
                {"kind":"endpoint","endpoint":{"namespace":"%s","component":"backend","name":"generate"}}""".formatted(namespace);
    }
}
