package io.kvepp.discovery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Reads the JSON values of Dynamo's discovery store, which are the same in every backend.
///
/// Ids use the full unsigned 64-bit range. What is well-formed but of no use to a picker becomes
/// [DiscoveryRecord.Other].
///
/// Thread-safe.
public final class DiscoveryRecordReader {
    /// The topic of KV events.
    public static final String KV_EVENTS_TOPIC = "kv-events";

    /// The topic on which engines tell how full their cache is.
    public static final String LOAD_TOPIC = "kv_metrics";

    /// The topic on which engines tell what they do in each step.
    public static final String FORWARD_PASS_TOPIC = "forward-pass-metrics";

    /// What an address starts with that is a subject.
    static final String SUBJECT = "subject:";

    /// What a transport of the request plane starts with that is a subject.
    private static final String REQUEST_SUBJECT = "nats:";

    /// The component that brokers of the ZMQ event plane announce themselves as.
    private static final String BROKER_COMPONENT = "zmq_broker";

    private static final int NESTING_MAX = 64;
    private static final int NAME_CHARS_MAX = 1_000;

    private final JsonMapper mapper = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(NESTING_MAX)
                            .maxNameLength(NAME_CHARS_MAX)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    public DiscoveryRecord read(byte[] json) throws MalformedRecordException {
        JsonNode tree;
        try {
            tree = mapper.readTree(json);
        } catch (IOException e) {
            throw new MalformedRecordException("record: " + json.length + " bytes (expected: one JSON object)");
        }
        return read(tree);
    }

    /// Reads an entry that is part of a larger document.
    public DiscoveryRecord read(JsonNode tree) throws MalformedRecordException {
        JsonObject json = JsonObject.of(tree, "");
        return switch (json.string("type")) {
            case "Endpoint" ->
                new DiscoveryRecord.Instance(
                        servingEndpoint(json), json.unsigned64("instance_id"), requestAddress(json));
            case "Model" -> model(json);
            case "EventChannel" -> eventChannel(json);
            case "EventSource" -> eventSource(json);
            default -> throw json.malformed("type", "Endpoint, Model, EventChannel or EventSource");
        };
    }

    static JsonObject emptyObject(String path) throws MalformedRecordException {
        return JsonObject.of(JsonNodeFactory.instance.objectNode(), path);
    }

    private static DiscoveryRecord model(JsonObject json) throws MalformedRecordException {
        JsonObject card = json.object("card_json");
        return new DiscoveryRecord.Model(
                servingEndpoint(json),
                json.unsigned64("instance_id"),
                ModelCardReader.read(card),
                ModelCardReader.foreignSourceMode(card));
    }

    private static DiscoveryRecord eventChannel(JsonObject json) throws MalformedRecordException {
        String topic = json.string("topic");
        JsonObject scope = json.object("scope");
        JsonObject transport = json.object("transport");
        String kind = transport.string("kind");
        long publisherId = json.unsigned64("instance_id");
        if (kind.equals("ZmqBroker") && scope.string("kind").equals("component")) {
            return scope.string("component").equals(BROKER_COMPONENT)
                    ? new DiscoveryRecord.EventBroker(
                            scope.string("namespace"),
                            transport.object("config").strings("xpub_endpoints"))
                    : new DiscoveryRecord.Other("broker of " + topic);
        }
        if (!isEndpointScope(scope) || !(kind.equals("Zmq") || kind.equals("Nats"))) {
            return new DiscoveryRecord.Other(kind + " channel of " + topic);
        }
        EndpointId endpoint = ModelCardReader.endpoint(scope.object("endpoint"));
        // On NATS the scope alone tells the subject; what the record says of it is informational.
        String address = kind.equals("Zmq")
                ? transport.object("config").string("endpoint")
                : SUBJECT + endpoint.eventSubject(topic);
        return new DiscoveryRecord.EventChannel(endpoint, topic, publisherId, address);
    }

    private static DiscoveryRecord eventSource(JsonObject json) throws MalformedRecordException {
        String topic = json.string("topic");
        JsonObject scope = json.object("scope");
        long publisherId = json.unsigned64("publisher_id");
        if (!isEndpointScope(scope) || !topic.equals(KV_EVENTS_TOPIC)) {
            return new DiscoveryRecord.Other("source of " + topic);
        }
        JsonObject metadata = json.object("metadata");
        JsonObject worker = metadata.object("worker");
        return new DiscoveryRecord.EventSource(
                ModelCardReader.endpoint(scope.object("endpoint")),
                topic,
                publisherId,
                new WorkerWithDpRank(
                        worker.unsigned64("worker_id"), worker.integer("dp_rank", 0, 0, Integer.MAX_VALUE)),
                recoveryTarget(metadata));
    }

    private static @Nullable RecoveryTarget recoveryTarget(JsonObject metadata) throws MalformedRecordException {
        @Nullable JsonObject target = metadata.objectOrNull("recovery_target");
        @Nullable RequestAddress address = target == null ? null : requestAddress(target);
        return address == null ? null : new RecoveryTarget(address.transport(), address.codec());
    }

    private static @Nullable RequestAddress requestAddress(JsonObject instance) throws MalformedRecordException {
        @Nullable JsonObject transport = instance.objectOrNull("transport");
        @Nullable String address = transport == null ? null : address(transport);
        if (address == null) {
            return null;
        }
        // A codec that is not named is JSON: msgpack came later.
        boolean msgpack = "msgpack".equals(instance.stringOrNull("request_plane_codec"));
        return new RequestAddress(address, msgpack ? RecoveryTarget.Codec.MSGPACK : RecoveryTarget.Codec.JSON);
    }

    private static @Nullable String address(JsonObject transport) throws MalformedRecordException {
        @Nullable String tcp = transport.stringOrNull("tcp");
        @Nullable String subject = transport.stringOrNull("nats_tcp");
        return tcp != null || subject == null ? tcp : REQUEST_SUBJECT + subject;
    }

    private static boolean isEndpointScope(JsonObject scope) throws MalformedRecordException {
        return scope.string("kind").equals("endpoint");
    }

    private static EndpointId servingEndpoint(JsonObject json) throws MalformedRecordException {
        return new EndpointId(json.string("namespace"), json.string("component"), json.string("endpoint"));
    }
}
