package io.kvepp.requestplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/// What a request says about itself: who asks, and where the answer goes.
///
/// Immutable.
record CallControl(
        String id, PayloadCodec codec, InetSocketAddress callHome, String subject, Map<String, String> metadata) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ID_CHARS_MAX = 512;

    static CallControl parse(byte[] header) throws RequestPlaneException {
        JsonNode control = read("control message", header);
        String id = text(control, "id");
        JsonNode info = read(
                "connection_info.info",
                text(control.path("connection_info"), "info").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (!text(info, "stream_type").equals("response") || control.has("request_stream_connection_info")) {
            throw malformed("stream_type", "response, for one request and many items");
        }
        return new CallControl(
                id, codec(control), address(text(info, "address")), text(info, "subject"), metadata(control));
    }

    private static PayloadCodec codec(JsonNode control) throws RequestPlaneException {
        return switch (control.path("payload_codec").asText("json")) {
            case "json" -> PayloadCodec.JSON;
            case "msgpack" -> PayloadCodec.MSGPACK;
            default -> throw malformed("payload_codec", "json or msgpack");
        };
    }

    private static InetSocketAddress address(String text) throws RequestPlaneException {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            String host = text.substring(0, Math.max(colon, 0));
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            InetAddress address = InetAddress.ofLiteral(bracketed ? host.substring(1, host.length() - 1) : host);
            if (port > 0 && port <= 65_535) {
                return new InetSocketAddress(address, port);
            }
        } catch (IllegalArgumentException _) {
            // Told below.
        }
        throw malformed("address", "<IP address>:<port>");
    }

    private static Map<String, String> metadata(JsonNode control) {
        Map<String, String> metadata = new HashMap<>();
        control.path("metadata").forEachEntry((name, value) -> {
            if (value.isTextual()) {
                metadata.put(name, value.textValue());
            }
        });
        return metadata;
    }

    private static JsonNode read(String what, byte[] json) throws RequestPlaneException {
        try {
            return JSON.readTree(json);
        } catch (IOException _) {
            throw malformed(what, "JSON");
        }
    }

    private static String text(JsonNode node, String name) throws RequestPlaneException {
        JsonNode value = node.path(name);
        if (!value.isTextual()
                || value.textValue().isEmpty()
                || value.textValue().length() > 64 * ID_CHARS_MAX) {
            throw malformed(name, "a text");
        }
        return value.textValue();
    }

    private static RequestPlaneException malformed(String name, String expected) {
        return new RequestPlaneException(Reason.MALFORMED, name + " (expected: " + expected + ")");
    }
}
