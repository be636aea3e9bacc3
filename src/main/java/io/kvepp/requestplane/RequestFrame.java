package io.kvepp.requestplane;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
        byte[] headers = utf8(object().put("request-id", requestId).toString());
        byte[] messageBytes = toMessageBytes(payload, messageBytesMax);
        return ByteBuffer.allocate(2 + pathBytes.length + 2 + headers.length + 4 + messageBytes.length)
                .putShort((short) pathBytes.length)
                .put(pathBytes)
                .putShort((short) headers.length)
                .put(headers)
                .putInt(messageBytes.length)
                .put(messageBytes)
                .array();
    }

    /// The message alone, likewise.
    byte[] toMessageBytes(byte[] payload, long messageBytesMax) throws RequestPlaneException {
        TwoPart message = new TwoPart(utf8(controlMessage().toString()), payload);
        TwoPart.checkLength("request", message.size(), messageBytesMax);
        return message.toBytes();
    }

    private ObjectNode controlMessage() {
        ObjectNode info = object().put("address", callHomeAddress)
                .put("subject", subject)
                .put("context", requestId)
                .put("stream_type", "response");
        ObjectNode control = object().put("id", requestId)
                .put("request_type", "single_in")
                .put("response_type", "many_out")
                .put("payload_codec", codec.name().toLowerCase(Locale.ROOT));
        if (!metadata.isEmpty()) {
            ObjectNode more = control.putObject("metadata");
            metadata.forEach(more::put);
        }
        control.putObject("connection_info").put("transport", "tcp_server").put("info", info.toString());
        return control;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
