package io.kvepp.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/// Finds the first token in a response: in a server-sent event stream the first event that carries
/// generated text, in any other response its end.
///
/// Nothing of the response is kept but the event under way, at most [#EVENT_BYTES_MAX] bytes of it.
///
/// Confined to one thread at a time.
public final class ResponseScanner {
    /// An event longer than this counts as one that carries text.
    static final int EVENT_BYTES_MAX = 64 << 10;

    private static final JsonFactory JSON = new JsonFactory();
    private static final String DATA = "data:";

    /// Fields whose non-empty value is something the model generated.
    private static final Set<String> GENERATED = Set.of(
            "content", "text", "reasoning_content", "reasoning", "refusal", "arguments", "name", "thinking", "delta");

    private final boolean streaming;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(512);

    public ResponseScanner(String contentType) {
        streaming = contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
    }

    /// True if the first token has come by the end of this slice; not asked again after that.
    public boolean sawFirstToken(ByteBuffer slice, boolean endOfStream) {
        while (streaming && slice.hasRemaining()) {
            byte next = slice.get();
            if (next != '\n') {
                line.write(next);
                if (line.size() > EVENT_BYTES_MAX) {
                    return true;
                }
            } else if (endLine()) {
                return true;
            }
        }
        return endOfStream;
    }

    private boolean endLine() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        return text.startsWith(DATA) && carriesText(text.substring(DATA.length()));
    }

    private static boolean carriesText(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            String field = "";
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    field = parser.currentName();
                } else if (token == JsonToken.VALUE_STRING && GENERATED.contains(field) && parser.getTextLength() > 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false; // "[DONE]" and whatever else is no JSON carries no token
        }
    }
}
