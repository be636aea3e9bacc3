package io.kvepp.eventplane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWords;
import io.kvepp.msgpack.MsgpackWriter;

/// The wrapper of every message of the event plane: a MessagePack map.
///
/// - `publisherId`: unsigned
/// - `sequence`: counts the publisher's messages from 0
/// - `payload`: bytes whose meaning the topic defines
///
/// Source: Dynamo `lib/runtime/src/transports/event_plane/traits`.
///
/// Immutable; the payload is not copied and must not be changed.
public record Envelope(long publisherId, long sequence, long publishedAtMillis, String topic, byte[] payload) {
    private static final MsgpackWords FIELDS =
            MsgpackWords.of("publisher_id", "sequence", "published_at", "topic", "payload");
    private static final byte[] NO_PAYLOAD = new byte[0];

    /// Decodes `bytes[from .. to)`. Unknown fields are skipped, missing ones are an error.
    public static Envelope decode(byte[] bytes, int from, int to) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(bytes, from, to);
        long publisherId = 0;
        long sequence = 0;
        long publishedAtMillis = 0;
        String topic = "";
        byte[] payload = NO_PAYLOAD;
        int fields = reader.mapHeader();
        int seen = 0;
        for (int i = 0; i < fields; i++) {
            switch (reader.word(FIELDS)) {
                case 0 -> {
                    publisherId = reader.bits64();
                    seen |= 1;
                }
                case 1 -> {
                    sequence = reader.bits64();
                    seen |= 2;
                }
                case 2 -> publishedAtMillis = reader.bits64();
                case 3 -> {
                    topic = reader.string();
                    seen |= 4;
                }
                case 4 -> {
                    payload = reader.binary();
                    seen |= 8;
                }
                default -> reader.skip();
            }
        }
        if (seen != 15 || reader.hasMore()) {
            throw new MalformedMessageException(
                    "envelope (expected: publisher_id, sequence, topic, payload and nothing after it)");
        }
        return new Envelope(publisherId, sequence, publishedAtMillis, topic, payload);
    }

    public byte[] encode() {
        return new MsgpackWriter()
                .map(5)
                .string("publisher_id")
                .unsigned(publisherId)
                .string("sequence")
                .unsigned(sequence)
                .string("published_at")
                .unsigned(publishedAtMillis)
                .string("topic")
                .string(topic)
                .string("payload")
                .binary(payload)
                .toBytes();
    }
}
