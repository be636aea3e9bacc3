package io.kvepp.requestplane;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// The messages of an answer as bytes, each a [TwoPart].
///
/// An item is wrapped twice: `{"data": <item>, "complete_final": false}` around
/// `{"data": <value>}` or `{"event": "error", "error": {...}}`.
///
/// Thread-safe.
final class AnswerFrames {
    private static final Wrapping MSGPACK = new Wrapping(
            new MsgpackWriter().map(2).string("data").toBytes(),
            new MsgpackWriter().string("complete_final").bool(false).toBytes(),
            new MsgpackWriter().map(1).string("data").toBytes(),
            new byte[0],
            new MsgpackWriter().map(1).string("complete_final").bool(true).toBytes());

    private static final Wrapping JSON = new Wrapping(
            utf8("{\"data\":"),
            utf8(",\"complete_final\":false}"),
            utf8("{\"data\":"),
            utf8("}"),
            utf8("{\"complete_final\":true}"));

    private static final byte[] PROLOGUE = header("{\"error\":null}");
    private static final byte[] SENTINEL =
            TwoPart.headerOnly(utf8("\"sentinel\"")).toBytes();

    private AnswerFrames() {}

    /// What stands around an item and around a value, and the last message.
    private record Wrapping(byte[] itemStart, byte[] itemEnd, byte[] valueStart, byte[] valueEnd, byte[] complete) {
        static Wrapping of(PayloadCodec codec) {
            return switch (codec) {
                case MSGPACK -> MSGPACK;
                case JSON -> JSON;
            };
        }
    }

    /// What names the answer on a new connection.
    static byte[] handshake(String subject) {
        return TwoPart.headerOnly(WrittenJson.of(json -> {
                    json.writeStringField("subject", subject);
                    json.writeStringField("stream_type", "response");
                }))
                .toBytes();
    }

    /// What opens the answer.
    static byte[] prologue() {
        return PROLOGUE.clone();
    }

    static byte[] item(PayloadCodec codec, byte[] item) {
        Wrapping wrapping = Wrapping.of(codec);
        return body(wrapping.itemStart, item, wrapping.itemEnd);
    }

    static byte[] value(PayloadCodec codec, byte[] value) {
        Wrapping wrapping = Wrapping.of(codec);
        return body(wrapping.itemStart, wrapping.valueStart, value, wrapping.valueEnd, wrapping.itemEnd);
    }

    static byte[] error(PayloadCodec codec, EndpointException.ErrorType type, String message) {
        return item(
                codec,
                switch (codec) {
                    case MSGPACK -> msgpackError(type, message);
                    case JSON -> jsonError(type, message);
                });
    }

    static byte[] complete(PayloadCodec codec) {
        return body(Wrapping.of(codec).complete);
    }

    static byte[] sentinel() {
        return SENTINEL.clone();
    }

    private static byte[] msgpackError(EndpointException.ErrorType type, String message) {
        return new MsgpackWriter()
                .map(2)
                .string("event")
                .string("error")
                .string("error")
                .map(3)
                .string("error_type")
                .string(type.wireName())
                .string("message")
                .string(message)
                .string("public")
                .map(2)
                .string("type")
                .string("message")
                .string("message")
                .string(message)
                .toBytes();
    }

    private static byte[] jsonError(EndpointException.ErrorType type, String message) {
        ObjectNode item = JsonNodeFactory.instance.objectNode().put("event", "error");
        ObjectNode error =
                item.putObject("error").put("error_type", type.wireName()).put("message", message);
        error.putObject("public").put("type", "message").put("message", message);
        return utf8(item.toString());
    }

    private static byte[] header(String json) {
        return TwoPart.headerOnly(utf8(json)).toBytes();
    }

    private static byte[] body(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        ByteBuffer frame = ByteBuffer.allocate(TwoPart.LENGTHS_BYTES + length)
                .putLong(0)
                .putLong(length)
                .putLong(0);
        for (byte[] part : parts) {
            frame.put(part);
        }
        return frame.array();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
