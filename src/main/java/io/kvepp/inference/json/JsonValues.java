package io.kvepp.inference.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads JSON into plain Java values, as serde_json would: the last of equal keys wins and keeps
/// the place of the first, numbers follow [SerdeNumber], objects nest 127 deep at most.
///
/// Thread-safe.
public final class JsonValues {
    /// Containers inside one another, the outermost included.
    public static final int DEPTH_MAX = 127;

    /// Characters of one number.
    public static final int NUMBER_CHARS_MAX = 4096;

    /// Tokens of one text, in the sense of JSON: names, values, brackets.
    public static final long TOKENS_MAX = 2 << 20;

    private static final int SKIMMED_DEPTH_MAX = 10_000;
    private static final int DOUBLE_DIGITS = 308; // an integer with more may be too large for a double
    private static final int MEMBERS_TYPICAL = 4;

    private static final JsonFactory STRICT = new BodyJsonFactory(factory());
    private static final JsonFactory LENIENT =
            new BodyJsonFactory(factory().enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS));

    private static final JsonFactory SKIMMER = factory()
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .streamReadConstraints(constraints()
                    .maxNestingDepth(SKIMMED_DEPTH_MAX)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxTokenCount(Long.MAX_VALUE)
                    .build())
            .build();

    private JsonValues() {}

    /// A parser of a body, whose bytes the caller has checked with [JsonBytes]. If `lenient`, control
    /// characters inside strings need no escape.
    public static JsonParser parser(byte[] body, boolean lenient) throws IOException {
        return (lenient ? LENIENT : STRICT).createParser(body);
    }

    /// A parser for a look at a body that is too much for the others: all limits are off but one on
    /// nesting.
    public static JsonParser skimmer(byte[] body) throws IOException {
        return SKIMMER.createParser(body);
    }

    /// The value of a whole JSON text; anything that serde_json refuses is an exception.
    public static @Nullable Object parse(String text) throws JsonProcessingException {
        if (text.contains("\\u") && JsonBytes.check(text.getBytes(StandardCharsets.UTF_8)) != JsonBytes.Verdict.PLAIN) {
            throw new JsonParseException(null, "unpaired surrogate");
        }
        try (JsonParser parser = STRICT.createParser(text)) {
            parser.nextToken();
            Object value = read(parser);
            if (parser.nextToken() != null) {
                throw new JsonParseException(parser, "trailing characters");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string is no device
        }
    }

    /// The value that starts at the parser's current token; leaves the parser at its last token.
    public static @Nullable Object read(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new JsonParseException(parser, "no value");
        }
        return switch (token) {
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case START_ARRAY -> array(parser);
            case START_OBJECT -> object(parser);
            case END_ARRAY, END_OBJECT, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw new JsonParseException(parser, "no value");
        };
    }

    private static List<@Nullable Object> array(JsonParser parser) throws IOException {
        List<@Nullable Object> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            values.add(read(parser));
        }
        return values;
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        JsonObject values = new JsonObject();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            values.add(name, read(parser));
        }
        return values;
    }

    /// Passes over the value that starts at the parser's current token, and refuses what [#read]
    /// would; leaves the parser at its last token.
    public static void skip(JsonParser parser) throws IOException {
        int depth = 0;
        while (true) {
            JsonToken token = parser.currentToken();
            if (token == null) {
                throw new JsonParseException(parser, "no value");
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (token.isNumeric()
                    && (token == JsonToken.VALUE_NUMBER_FLOAT || parser.getTextLength() > DOUBLE_DIGITS)) {
                number(parser);
            }
            if (depth == 0) {
                return;
            }
            parser.nextToken();
        }
    }

    private static Object number(JsonParser parser) throws IOException {
        try {
            return SerdeNumber.parse(parser.getText());
        } catch (ArithmeticException e) {
            throw new JsonParseException(parser, "number out of range", e);
        }
    }

    private static JsonFactoryBuilder factory() {
        return new JsonFactoryBuilder()
                // Names come from clients: interned they would stay for the life of the process.
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                .streamReadConstraints(constraints()
                        .maxNestingDepth(DEPTH_MAX)
                        .maxNumberLength(NUMBER_CHARS_MAX)
                        .maxTokenCount(TOKENS_MAX)
                        .build());
    }

    /// Strings and names are limited by the body that holds them.
    private static StreamReadConstraints.Builder constraints() {
        return StreamReadConstraints.builder()
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE);
    }

    /// An object that remembers which of its names were given more than once.
    ///
    /// Confined to the reading thread until it is complete.
    public static final class JsonObject extends LinkedHashMap<String, @Nullable Object> {
        private static final long serialVersionUID = 1L;

        private transient @Nullable Set<String> repeated;

        JsonObject() {
            super(MEMBERS_TYPICAL);
        }

        void add(String name, @Nullable Object value) {
            if (containsKey(name)) {
                if (repeated == null) {
                    repeated = new HashSet<>();
                }
                repeated.add(name);
            }
            put(name, value);
        }

        public boolean isRepeated(String name) {
            return repeated != null && repeated.contains(name);
        }
    }
}
