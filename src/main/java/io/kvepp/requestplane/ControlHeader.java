package io.kvepp.requestplane;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The headers that worker and caller send besides items; each is a small JSON value.
///
/// Thread-safe.
final class ControlHeader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int QUOTE_CHARS_MAX = 300;

    private ControlHeader() {}

    /// The subject that a worker calls home for; null when this is no such message.
    static @Nullable String subject(byte[] header) {
        JsonNode message = parse(header);
        JsonNode subject = message.path("subject");
        boolean valid =
                subject.isTextual() && message.path("stream_type").asText().equals("response");
        return valid ? subject.textValue() : null;
    }

    /// Whether this opens the answer, with or without an error.
    static boolean isPrologue(byte[] header) {
        return parse(header).has("error");
    }

    /// Why the worker has no answer; null when it has one.
    static @Nullable String error(byte[] header) {
        JsonNode error = parse(header).path("error");
        return error.isMissingNode() || error.isNull()
                ? null
                : quote(error.isTextual() ? error.textValue() : "unnamed");
    }

    static boolean isSentinel(byte[] header) {
        return parse(header).asText().equals("sentinel");
    }

    /// Whether the caller wants no more items but those that are under way.
    static boolean isStop(byte[] header) {
        return parse(header).asText().equals("stop");
    }

    /// Whether the caller wants nothing more.
    static boolean isKill(byte[] header) {
        return parse(header).asText().equals("kill");
    }

    /// Text of a worker as a message of ours may contain it: one line, of bounded length.
    static String quote(byte[] utf8) {
        return quote(new String(utf8, 0, Math.min(utf8.length, 4 * QUOTE_CHARS_MAX), StandardCharsets.UTF_8));
    }

    static String quote(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= QUOTE_CHARS_MAX ? line : line.substring(0, QUOTE_CHARS_MAX) + "...";
    }

    private static JsonNode parse(byte[] header) {
        try {
            return JSON.readTree(header);
        } catch (JsonProcessingException _) {
            return MissingNode.getInstance();
        } catch (IOException e) {
            throw new IllegalStateException("reading an array failed", e);
        }
    }
}
