package io.kvepp.eventplane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackLiteral;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWords;
import io.kvepp.msgpack.MsgpackWriter;
import org.jspecify.annotations.Nullable;

/// The wrapper of every message of the event plane: a MessagePack map.
///
/// - `publisherId`: unsigned
/// - `sequence`: counts the publisher's messages from 0
///
/// Source: Dynamo `lib/runtime/src/transports/event_plane/traits`.
///
/// Immutable.
public record Envelope(long publisherId, long sequence, long publishedAtMillis, String topic, Payload payload) {
    private static final MsgpackWords FIELDS =
            MsgpackWords.of("publisher_id", "sequence", "published_at", "topic", "payload");
    private static final int TOPIC = 3;

    /// An envelope as Dynamo writes it, around its values.
    private static final MsgpackLiteral PUBLISHER_ID = MsgpackLiteral.of("\u0085\u00acpublisher_id");

    private static final MsgpackLiteral SEQUENCE = MsgpackLiteral.of("\u00a8sequence");
    private static final MsgpackLiteral PUBLISHED_AT = MsgpackLiteral.of("\u00acpublished_at");
    private static final MsgpackLiteral PAYLOAD = MsgpackLiteral.of("\u00a7payload");

    /// Decodes `bytes[from .. to)`, which are not copied. Unknown fields are skipped, missing ones are
    /// an error.
    public static Envelope decode(byte[] bytes, int from, int to) throws MalformedMessageException {
        @Nullable Envelope usual = decodeUsual(bytes, new MsgpackReader(bytes, from, to));
        return usual == null ? decodeAny(bytes, new MsgpackReader(bytes, from, to)) : usual;
    }

    /// An envelope in the form that is usual; null when it differs.
    private static @Nullable Envelope decodeUsual(byte[] bytes, MsgpackReader reader) throws MalformedMessageException {
        if (!reader.tryLiteral(PUBLISHER_ID)) {
            return null;
        }
        long publisherId = reader.bits64();
        if (!reader.tryLiteral(SEQUENCE)) {
            return null;
        }
        long sequence = reader.bits64();
        if (!reader.tryLiteral(PUBLISHED_AT)) {
            return null;
        }
        long publishedAtMillis = reader.bits64();
        if (reader.word(FIELDS) != TOPIC) {
            return null;
        }
        String topic = reader.string();
        if (!reader.tryLiteral(PAYLOAD)) {
            return null;
        }
        Payload payload = payload(bytes, reader);
        return reader.hasMore() ? null : new Envelope(publisherId, sequence, publishedAtMillis, topic, payload);
    }

    private static Payload payload(byte[] bytes, MsgpackReader reader) throws MalformedMessageException {
        int length = reader.passBinary();
        return new Payload(bytes, reader.position() - length, reader.position());
    }

    private static Envelope decodeAny(byte[] bytes, MsgpackReader reader) throws MalformedMessageException {
        long publisherId = 0;
        long sequence = 0;
        long publishedAtMillis = 0;
        String topic = "";
        Payload payload = Payload.NONE;
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
                case TOPIC -> {
                    topic = reader.string();
                    seen |= 4;
                }
                case 4 -> {
                    payload = payload(bytes, reader);
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
                .binary(payload.toBytes())
                .toBytes();
    }
}
