package io.kvepp.routerservice.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The JSON object of a request. Long arrays of numbers become arrays at once; everything else is
/// small and becomes nodes.
///
/// Immutable; the arrays must not be changed.
final class Body {
    private static final int DEPTH_MAX = 32;
    private static final long TOKEN_MAX = 0xFFFF_FFFFL;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
            .build());

    /// Of a request without one.
    static final Body EMPTY = new Body();

    private final ObjectNode nodes = JSON.createObjectNode();
    private final Map<String, long[]> numbers = new HashMap<>();
    private int @Nullable [] tokenIds;

    static Body read(byte[] json) throws HttpFault {
        Body body = new Body();
        try (JsonParser parser = JSON.createParser(json)) {
            body.read(parser);
        } catch (IOException e) {
            String message = e instanceof JsonParseException syntax ? syntax.getOriginalMessage() : e.getMessage();
            throw new HttpFault(400, "body: not JSON: " + message + " (expected: an object)");
        }
        return body;
    }

    private void read(JsonParser parser) throws IOException, HttpFault {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            if (parser.currentToken() == null) {
                throw new HttpFault(400, "body: empty (expected: a JSON object)");
            }
            throw HttpFault.field("body", "no object", "a JSON object");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "token_ids" -> {
                    if (value != JsonToken.VALUE_NULL) {
                        tokenIds = tokens(parser);
                    }
                }
                case "block_hashes", "sequence_hashes" -> {
                    if (value != JsonToken.VALUE_NULL) {
                        numbers.put(name, hashes(name, parser));
                    }
                }
                default -> nodes.set(name, JSON.<JsonNode>readTree(parser));
            }
        }
        if (parser.nextToken() != null) {
            throw new HttpFault(400, "body: more follows its object (expected: one JSON object)");
        }
    }

    int @Nullable [] tokenIds() {
        return tokenIds;
    }

    /// Null when absent.
    long @Nullable [] hashes(String name) {
        return numbers.get(name);
    }

    Fields fields() {
        return new Fields("", nodes);
    }

    private static int[] tokens(JsonParser parser) throws IOException, HttpFault {
        requireArray("token_ids", parser);
        int[] tokens = new int[256];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            long token =
                    parser.currentToken() == JsonToken.VALUE_NUMBER_INT && isLong(parser) ? parser.getLongValue() : -1;
            if (token < 0 || token > TOKEN_MAX) {
                throw HttpFault.field("token_ids[" + count + "]", shown(parser), "a number from 0 to 2^32-1");
            }
            tokens = count == tokens.length ? Arrays.copyOf(tokens, 2 * count) : tokens;
            tokens[count++] = (int) token;
        }
        return Arrays.copyOf(tokens, count);
    }

    private static long[] hashes(String name, JsonParser parser) throws IOException, HttpFault {
        requireArray(name, parser);
        long[] hashes = new long[64];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || !isLong(parser)) {
                throw HttpFault.field(name + "[" + count + "]", shown(parser), "a signed 64-bit number");
            }
            hashes = count == hashes.length ? Arrays.copyOf(hashes, 2 * count) : hashes;
            hashes[count++] = parser.getLongValue();
        }
        return Arrays.copyOf(hashes, count);
    }

    private static void requireArray(String name, JsonParser parser) throws IOException, HttpFault {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw HttpFault.field(name, shown(parser), "an array of numbers");
        }
    }

    private static boolean isLong(JsonParser parser) throws IOException {
        return parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    }

    private static String shown(JsonParser parser) throws IOException {
        String text = parser.getText();
        return text.length() <= Fields.SHOWN_CHARS_MAX ? text : text.substring(0, Fields.SHOWN_CHARS_MAX);
    }
}
