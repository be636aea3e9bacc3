package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.body.Shape.Fit;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The top-level fields an API knows, and what each may hold. Null counts as absent unless the
/// field is said to be [#notNull].
///
/// Confined to the building thread, then immutable.
public final class FieldTable {
    private final Map<String, Rule> rules = new HashMap<>();
    private boolean closed;

    /// Reads the value that starts at the parser's current token, and leaves the parser at its last
    /// token.
    @FunctionalInterface
    public interface Reader {
        @Nullable
        Object read(JsonParser parser) throws IOException, MalformedBodyException, UnsupportedBodyException;
    }

    /// - `name`: under which the value is kept, several spellings share one
    /// - `once`: a second one is refused; otherwise the last one wins
    record Rule(String name, Reader reader, boolean once, boolean kept) {}

    /// A field of this shape, whose value is kept.
    public FieldTable field(String name, Shape shape) {
        return spelled(name, name, shape);
    }

    /// Another spelling of a field.
    public FieldTable spelled(String spelling, String name, Shape shape) {
        rules.put(spelling, new Rule(name, parser -> checked(parser, name, shape, true), true, true));
        return this;
    }

    public FieldTable notNull(String name, Shape shape) {
        rules.put(name, new Rule(name, parser -> checked(parser, name, shape, false), true, true));
        return this;
    }

    /// A field whose value is read by the API itself.
    public FieldTable read(String name, Reader reader) {
        rules.put(name, new Rule(name, reader, true, true));
        return this;
    }

    /// A field that may hold anything and is of no interest.
    public FieldTable ignored(String name) {
        rules.put(name, new Rule(name, FieldTable::skipped, true, false));
        return this;
    }

    /// A field that is kept as it is, the last one if there are several.
    public FieldTable passedOn(String name) {
        rules.put(name, new Rule(name, JsonValues::read, false, true));
        return this;
    }

    /// Refuses fields it does not know.
    public FieldTable closed() {
        closed = true;
        return this;
    }

    boolean isClosed() {
        return closed;
    }

    @Nullable
    Rule rule(String spelling) {
        return rules.get(spelling);
    }

    private static @Nullable Object skipped(JsonParser parser) throws IOException {
        JsonValues.skip(parser);
        return null;
    }

    private static @Nullable Object checked(JsonParser parser, String name, Shape shape, boolean nullable)
            throws IOException, MalformedBodyException {
        if (nullable && parser.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        Object value = JsonValues.read(parser);
        if (value == null || shape.fit(value) == Fit.NO) {
            throw MalformedBodyException.type(name, "another type", shape.expected());
        }
        return value;
    }
}
