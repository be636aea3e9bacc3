package io.kvepp.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed access to the fields of one JSON object. A field of the wrong type or out of range is an
/// error that names its path; an absent field and an explicit `null` are the same.
///
/// Confined.
final class JsonObject {
    private static final int SHOWN_CHARS_MAX = 80;

    private final JsonNode node;
    private final String path;

    private JsonObject(JsonNode node, String path) {
        this.node = node;
        this.path = path;
    }

    static JsonObject of(JsonNode node, String path) throws MalformedRecordException {
        if (!node.isObject()) {
            throw malformed(path.isEmpty() ? "record" : path, node, "an object");
        }
        return new JsonObject(node, path);
    }

    @Nullable
    JsonObject objectOrNull(String name) throws MalformedRecordException {
        JsonNode value = node.path(name);
        return isAbsent(value) ? null : of(value, pathOf(name));
    }

    JsonObject object(String name) throws MalformedRecordException {
        return of(node.path(name), pathOf(name));
    }

    List<JsonObject> objects(String name) throws MalformedRecordException {
        List<JsonObject> objects = new ArrayList<>();
        for (JsonNode element : array(name)) {
            objects.add(of(element, pathOf(name) + "[" + objects.size() + "]"));
        }
        return objects;
    }

    List<String> strings(String name) throws MalformedRecordException {
        List<String> strings = new ArrayList<>();
        for (JsonNode element : array(name)) {
            if (!element.isTextual()) {
                throw malformed(pathOf(name) + "[" + strings.size() + "]", element, "a string");
            }
            strings.add(element.textValue());
        }
        return strings;
    }

    /// All members, which must be strings.
    Map<String, String> texts() throws MalformedRecordException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> member : node.properties()) {
            if (!member.getValue().isTextual()) {
                throw malformed(pathOf(member.getKey()), member.getValue(), "a string");
            }
            texts.put(member.getKey(), member.getValue().textValue());
        }
        return texts;
    }

    @Nullable
    Float decimalOrNull(String name) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isNumber()) {
            throw malformed(pathOf(name), value, "a number");
        }
        return value.floatValue();
    }

    @Nullable
    String stringOrNull(String name) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isTextual()) {
            throw malformed(pathOf(name), value, "a string");
        }
        return value.textValue();
    }

    /// The string, or null for anything else: for what others may fill with any value.
    @Nullable
    String textOrNull(String name) {
        return node.path(name).textValue();
    }

    String string(String name) throws MalformedRecordException {
        @Nullable String value = stringOrNull(name);
        if (value == null || value.isEmpty()) {
            throw malformed(pathOf(name), node.path(name), "a string that is not empty");
        }
        return value;
    }

    boolean flag(String name, boolean absent) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw malformed(pathOf(name), value, "true or false");
        }
        return value.booleanValue();
    }

    private boolean has(String name) {
        return !isAbsent(node.path(name));
    }

    int integer(String name, int min, int max) throws MalformedRecordException {
        if (!has(name)) {
            throw malformed(name, min + " .. " + max);
        }
        return integer(name, 0, min, max);
    }

    int integer(String name, int absent, int min, int max) throws MalformedRecordException {
        return (int) wide(name, absent, min, max);
    }

    long wide(String name, long absent, long min, long max) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return absent;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw malformed(pathOf(name), value, min + " .. " + max);
        }
        return value.longValue();
    }

    /// A number below 2^64, as the bits of a long.
    long unsigned64(String name) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (value.isIntegralNumber()) {
            BigInteger number = value.bigIntegerValue();
            if (number.signum() >= 0 && number.bitLength() <= Long.SIZE) {
                return number.longValue();
            }
        }
        throw malformed(pathOf(name), value, "0 .. 18446744073709551615");
    }

    MalformedRecordException malformed(String name, String expected) {
        return malformed(pathOf(name), node.path(name), expected);
    }

    private Iterable<JsonNode> array(String name) throws MalformedRecordException {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return List.of();
        }
        if (!value.isArray()) {
            throw malformed(pathOf(name), value, "an array");
        }
        return value;
    }

    private String pathOf(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    private static MalformedRecordException malformed(String path, JsonNode value, String expected) {
        String text = value.isMissingNode() ? "absent" : value.toString();
        String shown = text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "...";
        return new MalformedRecordException(path + ": " + shown + " (expected: " + expected + ")");
    }
}
