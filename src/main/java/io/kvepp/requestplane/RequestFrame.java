package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/// What a call sends: the path, the request's id, and where to answer under which subject.
///
/// On the wire over TCP:
/// `u16 path length | path | u16 headers length | headers | u32 length | message`, big endian, where
/// the message is a [TwoPart] of control message and payload. At a subject, which routes instead of
/// the path, the message alone.
///
/// Immutable.
record RequestFrame(
        String path,
        String requestId,
        String callHomeAddress,
        String subject,
        PayloadCodec codec,
        Map<String, String> metadata) {
    private static final int PATH_BYTES_MAX = 0xffff;

    /// The frame with `payload`; a message above `messageBytesMax` is TOO_LARGE.
    byte[] toBytes(byte[] payload, long messageBytesMax) throws RequestPlaneException {
        byte[] pathBytes = utf8(path);
        if (pathBytes.length > PATH_BYTES_MAX) {
            throw new RequestPlaneException(
                    Reason.MALFORMED,
                    "path: " + pathBytes.length + " bytes (expected: at most " + PATH_BYTES_MAX + ")");
        }
        byte[] headers = WrittenJson.of(json -> json.writeStringField("request-id", requestId));
        byte[] control = checkedControl(payload, messageBytesMax);
        ByteBuffer frame = ByteBuffer.allocate(2
                + pathBytes.length
                + 2
                + headers.length
                + 4
                + TwoPart.LENGTHS_BYTES
                + control.length
                + payload.length);
        frame.putShort((short) pathBytes.length)
                .put(pathBytes)
                .putShort((short) headers.length)
                .put(headers)
                .putInt(TwoPart.LENGTHS_BYTES + control.length + payload.length);
        new TwoPart(control, payload).putTo(frame);
        return frame.array();
    }

    /// The message alone, likewise.
    byte[] toMessageBytes(byte[] payload, long messageBytesMax) throws RequestPlaneException {
        return new TwoPart(checkedControl(payload, messageBytesMax), payload).toBytes();
    }

    private byte[] checkedControl(byte[] payload, long messageBytesMax) throws RequestPlaneException {
        byte[] control = control();
        TwoPart.checkLength("request", new TwoPart(control, payload).size(), messageBytesMax);
        return control;
    }

    private byte[] control() {
        byte[] info = WrittenJson.of(json -> {
            json.writeStringField("address", callHomeAddress);
            json.writeStringField("subject", subject);
            json.writeStringField("context", requestId);
            json.writeStringField("stream_type", "response");
        });
        return WrittenJson.of(json -> {
            json.writeStringField("id", requestId);
            json.writeStringField("request_type", "single_in");
            json.writeStringField("response_type", "many_out");
            json.writeStringField("payload_codec", codec.name().toLowerCase(Locale.ROOT));
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart("metadata");
                for (Map.Entry<String, String> each : metadata.entrySet()) {
                    json.writeStringField(each.getKey(), each.getValue());
                }
                json.writeEndObject();
            }
            json.writeObjectFieldStart("connection_info");
            json.writeStringField("transport", "tcp_server");
            json.writeFieldName("info");
            json.writeUTF8String(info, 0, info.length);
            json.writeEndObject();
        });
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
