package io.kvepp.eventplane.testing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Messages of the event plane as a publisher would send them.
public final class WireMessages {
    private WireMessages() {}

    public static List<byte[]> frames(String topic, long publisherId, long sequence, byte[] payload) {
        Map<String, Object> envelope = new LinkedHashMap<>();
        envelope.put("publisher_id", publisherId);
        envelope.put("sequence", sequence);
        envelope.put("published_at", 1L);
        envelope.put("topic", topic);
        envelope.put("payload", payload);
        return List.of(
                topic.getBytes(StandardCharsets.UTF_8),
                number(publisherId),
                number(sequence),
                versioned(MsgpackWriter.write(envelope)));
    }

    /// A payload with one event that stores one block.
    public static byte[] stored(long workerId, int dpRank, long eventId, long hash) {
        return MsgpackWriter.write(List.of(storedEvent(workerId, dpRank, eventId, hash)));
    }

    public static Map<String, Object> storedEvent(long workerId, int dpRank, long eventId, long hash) {
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("block_hash", hash);
        block.put("tokens_hash", hash + 1);
        block.put("mm_extra_info", MsgpackWriter.Nil.NIL);
        Map<String, Object> stored = new LinkedHashMap<>();
        stored.put("parent_hash", MsgpackWriter.Nil.NIL);
        stored.put("start_position", MsgpackWriter.Nil.NIL);
        stored.put("blocks", List.of(block));
        return event(workerId, dpRank, eventId, Map.of("stored", stored));
    }

    /// A RouterEvent map that may be changed.
    public static Map<String, Object> event(long workerId, int dpRank, long eventId, Object data) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("event_id", eventId);
        body.put("data", data);
        body.put("dp_rank", dpRank);
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("worker_id", workerId);
        event.put("storage_tier", "device");
        event.put("residency_domain", "worker");
        event.put("event", body);
        return event;
    }

    public static byte[] versioned(byte[] envelope) {
        return ByteBuffer.allocate(5 + envelope.length)
                .put((byte) 1)
                .putInt(envelope.length)
                .put(envelope)
                .array();
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }
}
