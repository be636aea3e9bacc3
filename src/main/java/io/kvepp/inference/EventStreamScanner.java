package io.kvepp.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Server-sent events whose data is JSON.
///
/// Confined to one thread at a time.
final class EventStreamScanner implements ResponseScanner {
    private static final JsonFactory JSON = new JsonFactory();
    private static final byte[] DATA = ascii("data:");
    private static final byte[] USAGE = ascii("\"usage\"");
    private static final int LINE_BYTES = 512;

    private final boolean everyToken;
    private byte[] line = new byte[LINE_BYTES];
    private int length;
    private boolean overlong;
    private boolean ended;
    private int tokens;
    private TokenUsage usage = TokenUsage.UNKNOWN;

    EventStreamScanner(boolean everyToken) {
        this.everyToken = everyToken;
    }

    @Override
    public void scan(ByteBuffer slice, boolean endOfStream) {
        while (slice.hasRemaining()) {
            byte next = slice.get();
            if (next == '\n') {
                endLine();
            } else {
                append(next);
            }
        }
        ended |= endOfStream;
    }

    @Override
    public boolean firstTokenSeen() {
        return tokens > 0 || ended;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public TokenUsage usage() {
        return usage;
    }

    private void append(byte next) {
        if (overlong) {
            return;
        }
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = next;
        if (length > EVENT_BYTES_MAX) {
            overlong = true;
            countToken();
        }
    }

    private void endLine() {
        if (!overlong && startsWithData() && isWorthReading()) {
            read();
        }
        length = 0;
        overlong = false;
    }

    private boolean startsWithData() {
        return length > DATA.length && Arrays.equals(line, 0, DATA.length, DATA, 0, DATA.length);
    }

    private boolean isWorthReading() {
        return everyToken || tokens == 0 || mentionsUsage();
    }

    private boolean mentionsUsage() {
        for (int i = DATA.length; i + USAGE.length < length; i++) {
            if (line[i] == '"' && Arrays.equals(line, i, i + USAGE.length, USAGE, 0, USAGE.length)) {
                return true;
            }
        }
        return false;
    }

    private void read() {
        ResponseFields fields = new ResponseFields();
        try (JsonParser parser = JSON.createParser(line, DATA.length, length - DATA.length)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                fields.accept(token, parser);
            }
        } catch (IOException e) {
            // "[DONE]" and whatever else is no JSON carries no token
        }
        usage = usage.then(fields.usage());
        if (fields.carriesText()) {
            countToken();
        }
    }

    private void countToken() {
        if (everyToken || tokens == 0) {
            tokens++;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
