package io.kvepp.inference.body;

import io.kvepp.inference.body.Shape.Fit;
import io.kvepp.inference.json.JsonValues.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed reading of the members of one JSON object. A null value counts as absent, a repeated name
/// is refused.
///
/// - `where`: what stands before the names in messages, such as `messages[3].`
///
/// Confined to one call.
public record Fields(Map<String, @Nullable Object> object, String where) {
    /// The members of `value`, which is refused when it is no object.
    public static Fields of(@Nullable Object value, String name)
            throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> object = asObject(value);
        if (object != null) {
            return new Fields(object, name + ".");
        }
        if (value instanceof List<?> list && (list.isEmpty() || mayBeFirstMember(list.getFirst()))) {
            throw UnsupportedBodyException.form("a list in the place of an object");
        }
        throw MalformedBodyException.type(name, value == null ? "missing" : "no object", "an object");
    }

    /// The members of an object may come as a list; the first of each is a text, or a word in one
    /// of its forms.
    private static boolean mayBeFirstMember(@Nullable Object value) {
        return value instanceof String || value instanceof Long || value instanceof Map;
    }

    /// The same, with the last one of a repeated name.
    public static Fields lenient(@Nullable Object value, String name)
            throws MalformedBodyException, UnsupportedBodyException {
        Fields fields = of(value, name);
        return new Fields(new LinkedHashMap<>(fields.object), fields.where);
    }

    public boolean has(String name) {
        return object.get(name) != null;
    }

    public @Nullable String text(String name) throws MalformedBodyException {
        return typed(name, String.class, "text");
    }

    public String requiredText(String name) throws MalformedBodyException {
        return required(text(name), name, "text");
    }

    /// The word that tells kinds of objects apart; its place among the words counts as well. Another
    /// word is refused.
    public String tag(String name, List<String> words) throws MalformedBodyException {
        Object value = required(any(name), name, "one of " + String.join(", ", words));
        if (value instanceof Long place && place >= 0 && place < words.size()) {
            return words.get(place.intValue());
        }
        if (value instanceof String word && words.contains(word)) {
            return word;
        }
        throw MalformedBodyException.type(where + name, "another word", "one of " + String.join(", ", words));
    }

    public @Nullable Boolean flag(String name) throws MalformedBodyException {
        return typed(name, Boolean.class, "true or false");
    }

    public @Nullable List<@Nullable Object> list(String name) throws MalformedBodyException {
        return asList(typed(name, List.class, "a list"));
    }

    public @Nullable Object any(String name) throws MalformedBodyException {
        if (object instanceof JsonObject json && json.isRepeated(name)) {
            throw MalformedBodyException.type(where + name, "given twice", "once");
        }
        return object.get(name);
    }

    /// A member that is an object; null when absent.
    public @Nullable Fields fields(String name) throws MalformedBodyException, UnsupportedBodyException {
        Object value = any(name);
        return value == null ? null : of(value, where + name);
    }

    /// Refuses a member of another shape; one that is absent has every shape.
    public void check(String name, Shape shape) throws MalformedBodyException {
        Object value = any(name);
        if (value != null && shape.fit(value) == Fit.NO) {
            throw MalformedBodyException.type(where + name, "another type", shape.expected());
        }
    }

    public <T> T required(@Nullable T value, String name, String expected) throws MalformedBodyException {
        if (value == null) {
            throw MalformedBodyException.type(where + name, "missing", expected);
        }
        return value;
    }

    private <T> @Nullable T typed(String name, Class<T> type, String expected) throws MalformedBodyException {
        Object value = any(name);
        if (value == null) {
            return null;
        }
        if (!type.isInstance(value)) {
            throw MalformedBodyException.type(where + name, "another type", expected);
        }
        return type.cast(value);
    }

    @SuppressWarnings("unchecked") // JSON objects have no other keys
    public static @Nullable Map<String, @Nullable Object> asObject(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : null;
    }

    @SuppressWarnings("unchecked") // JSON arrays hold nothing else
    public static @Nullable List<@Nullable Object> asList(@Nullable Object value) {
        return value instanceof List<?> list ? (List<@Nullable Object>) list : null;
    }
}
