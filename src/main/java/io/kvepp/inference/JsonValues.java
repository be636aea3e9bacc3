package io.kvepp.inference;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private static final JsonFactory STRICT = factory().build();
    private static final JsonFactory LENIENT =
            factory().enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS).build();

    private JsonValues() {}

    /// A parser of a body. Control characters inside strings need no escape; the caller has checked
    /// the bytes with [JsonBytes].
    public static JsonParser parser(byte[] body) throws IOException {
        return LENIENT.createParser(body);
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
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            values.put(name, read(parser));
        }
        return values;
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
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DEPTH_MAX)
                        .maxNumberLength(NUMBER_CHARS_MAX)
                        .maxStringLength(Integer.MAX_VALUE) // the body's own limit is the smaller one
                        .maxNameLength(Integer.MAX_VALUE)
                        .build());
    }
}
