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
        byte[] headers = utf8("{\"request-id\":" + JsonText.quoted(requestId) + "}");
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
        byte[] control = utf8(control());
        TwoPart.checkLength("request", new TwoPart(control, payload).size(), messageBytesMax);
        return control;
    }

    private String control() {
        String id = JsonText.quoted(requestId);
        String info = "{\"address\":" + JsonText.quoted(callHomeAddress)
                + ",\"subject\":" + JsonText.quoted(subject)
                + ",\"context\":" + id
                + ",\"stream_type\":\"response\"}";
        StringBuilder text = new StringBuilder(512)
                .append("{\"id\":")
                .append(id)
                .append(",\"request_type\":\"single_in\",\"response_type\":\"many_out\",\"payload_codec\":\"")
                .append(codec.name().toLowerCase(Locale.ROOT))
                .append('"');
        if (!metadata.isEmpty()) {
            text.append(",\"metadata\":{");
            String separator = "";
            for (Map.Entry<String, String> each : metadata.entrySet()) {
                text.append(separator).append(JsonText.quoted(each.getKey())).append(':');
                text.append(JsonText.quoted(each.getValue()));
                separator = ",";
            }
            text.append('}');
        }
        return text.append(",\"connection_info\":{\"transport\":\"tcp_server\",\"info\":")
                .append(JsonText.quoted(info))
                .append("}}")
                .toString();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
