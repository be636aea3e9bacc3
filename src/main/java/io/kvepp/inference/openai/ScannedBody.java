package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.JsonValues;
import io.kvepp.inference.TokenDataTarget;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The top-level fields of a body that matter, read in one scan.
///
/// - `fields`: what the API keeps, plus those of every API: `model`, `stream`, `cache_salt`
/// - `cacheSalt`, `clientTokenData`: from `nvext`, null when absent
/// - `target`: where token ids may be put, null when the client gave its own
///
/// Immutable.
record ScannedBody(
        Map<String, @Nullable Object> fields,
        @Nullable String cacheSalt,
        int @Nullable [] clientTokenData,
        @Nullable TokenDataTarget target) {
    private static final Set<String> COMMON = Set.of("model", "stream");
    private static final String CACHE_SALT = "cache_salt";
    private static final int NULL_LENGTH = 4;

    static ScannedBody scan(JsonParser parser, PromptApi api)
            throws IOException, MalformedBodyException, UnsupportedBodyException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw MalformedBodyException.body("no JSON object", "a JSON object");
        }
        Scan scan = new Scan(parser, api);
        scan.body();
        if (parser.nextToken() != null) {
            throw MalformedBodyException.body("text after the JSON object", "one JSON object");
        }
        return scan.result();
    }

    /// Confined to one call.
    private static final class Scan {
        private final JsonParser parser;
        private final PromptApi api;
        private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        private TokenDataTarget target;
        private @Nullable String cacheSalt;
        private int @Nullable [] tokenData;
        private boolean nvextSeen;

        Scan(JsonParser parser, PromptApi api) {
            this.parser = parser;
            this.api = api;
            // A body always has a model, so that a comma is always right.
            target = new TokenDataTarget(offset() + 1, 0, "\"nvext\":{\"token_data\":[", "]},");
        }

        ScannedBody result() {
            return new ScannedBody(fields, cacheSalt, tokenData, tokenData == null ? target : null);
        }

        void body() throws IOException, MalformedBodyException, UnsupportedBodyException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals("nvext")) {
                    nvext();
                } else if (name.equals(CACHE_SALT)) {
                    fields.put(name, JsonValues.read(parser)); // no known field for the frontend: the last one wins
                } else if (COMMON.contains(name)) {
                    put(name, JsonValues.read(parser));
                } else if (api.fields().contains(name)) {
                    put(name, api.read(name, parser));
                } else {
                    parser.skipChildren();
                }
            }
        }

        private void put(String name, @Nullable Object value) throws MalformedBodyException {
            if (fields.containsKey(name)) {
                throw MalformedBodyException.of(name, "given twice", "once");
            }
            fields.put(name, value);
        }

        private void nvext() throws IOException, MalformedBodyException, UnsupportedBodyException {
            if (nvextSeen) {
                throw MalformedBodyException.of("nvext", "given twice", "once");
            }
            nvextSeen = true;
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                target = new TokenDataTarget(offset(), NULL_LENGTH, "{\"token_data\":[", "]}");
            } else if (parser.currentToken() == JsonToken.START_OBJECT) {
                nvextFields(offset() + 1);
            } else {
                throw new UnsupportedBodyException("nvext has another type");
            }
        }

        private void nvextFields(int start) throws IOException, MalformedBodyException, UnsupportedBodyException {
            boolean saltSeen = false;
            boolean tokenDataSeen = false;
            boolean empty = true;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                empty = false;
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals(CACHE_SALT)) {
                    once(saltSeen, "nvext.cache_salt");
                    saltSeen = true;
                    cacheSalt();
                } else if (name.equals("token_data")) {
                    once(tokenDataSeen, "nvext.token_data");
                    tokenDataSeen = true;
                    tokenData();
                } else {
                    parser.skipChildren();
                }
            }
            if (!tokenDataSeen) {
                target = new TokenDataTarget(start, 0, "\"token_data\":[", empty ? "]" : "],");
            }
        }

        private static void once(boolean seen, String name) throws MalformedBodyException {
            if (seen) {
                throw MalformedBodyException.of(name, "given twice", "once");
            }
        }

        private void cacheSalt() throws IOException, MalformedBodyException {
            cacheSalt = switch (parser.currentToken()) {
                case VALUE_NULL -> null;
                case VALUE_STRING -> parser.getText();
                case null, default -> throw MalformedBodyException.of("nvext.cache_salt", "no text", "text");
            };
        }

        private void tokenData() throws IOException, MalformedBodyException {
            switch (parser.currentToken()) {
                case VALUE_NULL -> target = new TokenDataTarget(offset(), NULL_LENGTH, "[", "]");
                case START_ARRAY -> tokenData = TokenIdReader.read(parser, "nvext.token_data");
                case null, default ->
                    throw MalformedBodyException.of("nvext.token_data", "no array", "an array of token ids");
            }
        }

        /// Where the current token starts in the body.
        private int offset() {
            return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
        }
    }
}
