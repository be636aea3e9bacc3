package io.kvepp.inference.chat;

import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.UnsupportedBodyException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The check of a function's parameters that are to be followed strictly.
///
/// Schemas are looked at breadth first, the members of a map in the order of their names, so that
/// of several faults the one is told that the frontend tells. Its limits on size, and references
/// to an object from an object, are left to it.
///
/// Source: recorded from the Dynamo frontend 1.6.1.
///
/// Confined to one call.
final class StrictSchema {
    static final String ADDITIONAL = "additionalProperties";
    static final String ANY_OF = "anyOf";
    static final String REF = "$ref";

    private static final String REQUIRED = "required";
    private static final String PROPERTIES = "properties";
    private static final String PATTERNS = "patternProperties";
    private static final String UNIQUE_TEXTS = "must be an array of unique strings";
    private static final String SCHEMA_LIST = "must be a nonempty array of schemas";
    private static final String SCHEMA_MAP = "must be a map of schemas";

    private static final List<String> UNSUPPORTED = List.of(
            "allOf",
            "oneOf",
            "not",
            "dependentRequired",
            "dependentSchemas",
            "if",
            "then",
            "else",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
            "unevaluatedItems");
    private static final List<String> OTHER_REFERENCES = List.of("$dynamicRef", "$recursiveRef");
    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "number", "integer", "boolean", "null");
    private static final List<String> NUMERIC =
            List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");
    private static final List<String> COUNTS =
            List.of("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties");
    private static final List<String> SINGLE =
            List.of("items", ADDITIONAL, "additionalItems", "propertyNames", "unevaluatedProperties", "contentSchema");

    private static final Comparator<String> BY_CODE_POINTS = (left, right) ->
            Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));

    private final String function;
    private final ValueChecks values;
    private final StrictLimits limits = new StrictLimits();
    private final Queue<Place> open = new ArrayDeque<>();
    private final List<Place> visited = new ArrayList<>();

    private StrictSchema(String function, ValueChecks values) {
        this.function = function;
        this.values = values;
    }

    /// Refuses parameters that the frontend refuses; those it alone can judge are unsupported.
    static void check(String function, Object parameters, ValueChecks values)
            throws MalformedBodyException, UnsupportedBodyException {
        new StrictSchema(function, values).check(parameters);
    }

    /// A value where a schema is expected; `parent` and `key` say where it stands, null and empty
    /// at the root. `levels`: how many objects are around it.
    static final class Place {
        private final @Nullable Object value;
        private final @Nullable Place parent;
        private final String key;
        private final int levels;

        Place(@Nullable Object value, @Nullable Place parent, String key, int levels) {
            this.value = value;
            this.parent = parent;
            this.key = key;
            this.levels = levels;
        }

        @Nullable
        Object value() {
            return value;
        }

        boolean isRoot() {
            return parent == null;
        }

        /// Its JSON pointer behind a number sign.
        String context() {
            StringBuilder text = new StringBuilder("#");
            append(text);
            return text.toString();
        }

        private void append(StringBuilder text) {
            if (parent != null) {
                parent.append(text);
                text.append('/').append(key);
            }
        }

        @SuppressWarnings("unchecked")
        Map<String, @Nullable Object> schema() {
            return value instanceof Map<?, ?> ? (Map<String, @Nullable Object>) value : Map.of();
        }
    }

    private void check(Object parameters) throws MalformedBodyException, UnsupportedBodyException {
        open.add(new Place(parameters, null, "", 0));
        for (Place place = open.poll(); place != null; place = open.poll()) {
            visited.add(place);
            if (place.value instanceof Map) {
                keywords(place);
                objects(place);
                children(place);
            } else if (!(place.value instanceof Boolean)) {
                throw refused(place.context(), "schema must be an object or boolean");
            }
        }
        new StrictReferences(this, visited).check();
    }

    /// What each keyword may hold, whatever stands beside it.
    private void keywords(Place place) throws MalformedBodyException {
        Map<String, @Nullable Object> schema = place.schema();
        for (String word : UNSUPPORTED) {
            if (schema.containsKey(word)) {
                throw refused(place, word, "keyword is not supported in strict schemas");
            }
        }
        for (String word : OTHER_REFERENCES) {
            if (schema.containsKey(word)) {
                throw refused(place, word, "Dynamo does not support this reference mechanism");
            }
        }
        type(place);
        if (schema.containsKey(REQUIRED) && !areUniqueTexts(schema.get(REQUIRED))) {
            throw refused(place, REQUIRED, UNIQUE_TEXTS);
        }
        if (schema.containsKey("enum") && !(schema.get("enum") instanceof List)) {
            throw refused(place, "enum", "must be an array");
        }
        for (String word : List.of(REF, "pattern", "format")) {
            if (schema.containsKey(word) && !(schema.get(word) instanceof String)) {
                throw refused(place, word, "must be a string");
            }
        }
        for (String word : NUMERIC) {
            if (schema.containsKey(word) && !(schema.get(word) instanceof Number)) {
                throw refused(place, word, "must be numeric");
            }
        }
        if (schema.get("multipleOf") instanceof Number number && number.doubleValue() <= 0) {
            throw refused(place, "multipleOf", "must be positive");
        }
        for (String word : COUNTS) {
            if (schema.containsKey(word) && !isCount(schema.get(word))) {
                throw refused(place, word, "must be a nonnegative integer");
            }
        }
    }

    private void type(Place place) throws MalformedBodyException {
        if (!place.schema().containsKey("type")) {
            return;
        }
        Object type = place.schema().get("type");
        List<?> words = type instanceof String ? List.of(type) : type instanceof List<?> list ? list : null;
        if (words == null || !areUniqueTexts(words)) {
            throw refused(place, "type", UNIQUE_TEXTS);
        }
        if (words.isEmpty() || !TYPES.containsAll(words)) {
            throw refused(place, "type", "must contain recognized, unique JSON Schema type names");
        }
    }

    /// The words of a type that [#type] let through.
    static List<?> types(Map<String, @Nullable Object> schema) {
        return switch (schema.get("type")) {
            case String word -> List.of(word);
            case List<?> words -> words;
            case null, default -> List.of();
        };
    }

    /// Objects are closed and name all their properties as required.
    private void objects(Place place) throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> schema = place.schema();
        boolean refers = schema.containsKey(REF);
        boolean members = hasMembers(schema);
        if (refers && !members && types(schema).contains("object")) {
            throw UnsupportedBodyException.form("a reference to an object that is one itself");
        }
        boolean object = members
                || types(schema).contains("object")
                || (refers && (schema.containsKey(REQUIRED) || schema.containsKey(ADDITIONAL)));
        if (object && !Boolean.FALSE.equals(schema.get(ADDITIONAL))) {
            throw refused(place.context(), "object schemas require additionalProperties: false");
        }
        for (String word : List.of(PROPERTIES, PATTERNS)) {
            if (schema.containsKey(word) && !(schema.get(word) instanceof Map)) {
                throw refused(place, word, SCHEMA_MAP);
            }
        }
        if (object) {
            required(place);
        }
    }

    private static boolean hasMembers(Map<String, @Nullable Object> schema) {
        return schema.containsKey(PROPERTIES) || schema.containsKey(PATTERNS);
    }

    private void required(Place place) throws MalformedBodyException {
        Map<String, @Nullable Object> schema = place.schema();
        Collection<?> required = schema.get(REQUIRED) instanceof List<?> list ? sorted(list) : Set.of();
        Set<String> declared = members(schema.get(PROPERTIES)).keySet();
        for (String name : declared) {
            if (!required.contains(name)) {
                throw refused(place, REQUIRED, "must include property '" + name + "'");
            }
        }
        if (!members(schema.get(PATTERNS)).isEmpty()) {
            return;
        }
        for (Object name : required) {
            if (!declared.contains(name)) {
                throw refused(place, REQUIRED, "unknown property '" + name + "' in a closed object");
            }
        }
    }

    /// The schemas inside one, and the limits that they fill.
    private void children(Place place) throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> schema = place.schema();
        boolean object = hasMembers(schema) || types(schema).contains("object");
        int levels = place.levels + (object ? 1 : 0);
        limits.count(schema, levels);
        Map<String, @Nullable Object> inside = new LinkedHashMap<>();
        map(place, PROPERTIES, inside);
        map(place, PATTERNS, inside);
        map(place, "$defs", inside);
        map(place, "definitions", inside);
        list(place, ANY_OF, inside);
        list(place, "prefixItems", inside);
        for (String word : SINGLE) {
            if (word.equals("items") && schema.get(word) instanceof List) {
                list(place, word, inside);
            } else if (schema.containsKey(word)) {
                inside.put(escaped(word), schema.get(word));
            }
        }
        dependencies(place, inside);
        inside.forEach((key, value) -> open.add(new Place(value, place, key, levels)));
    }

    private void map(Place place, String word, Map<String, @Nullable Object> inside) throws MalformedBodyException {
        if (place.schema().containsKey(word)) {
            if (!(place.schema().get(word) instanceof Map)) {
                throw refused(place, word, SCHEMA_MAP);
            }
            members(place.schema().get(word)).forEach((key, value) -> inside.put(word + "/" + escaped(key), value));
        }
    }

    private void list(Place place, String word, Map<String, @Nullable Object> inside) throws MalformedBodyException {
        if (place.schema().containsKey(word)) {
            if (!(place.schema().get(word) instanceof List<?> list) || list.isEmpty()) {
                throw refused(place, word, SCHEMA_LIST);
            }
            for (int i = 0; i < list.size(); i++) {
                inside.put(word + "/" + i, list.get(i));
            }
        }
    }

    private void dependencies(Place place, Map<String, @Nullable Object> inside) throws MalformedBodyException {
        String word = "dependencies";
        if (!place.schema().containsKey(word)) {
            return;
        }
        if (!(place.schema().get(word) instanceof Map)) {
            throw refused(place, word, SCHEMA_MAP + " or property dependencies");
        }
        for (Map.Entry<String, @Nullable Object> entry :
                members(place.schema().get(word)).entrySet()) {
            String key = word + "/" + escaped(entry.getKey());
            if (!(entry.getValue() instanceof List<?> names)) {
                inside.put(key, entry.getValue());
            } else if (!areUniqueTexts(names)) {
                throw refused(place, key, UNIQUE_TEXTS);
            }
        }
    }

    /// The members of a map in the order of their names; none of what is no map.
    private static Map<String, @Nullable Object> members(@Nullable Object map) {
        Map<String, @Nullable Object> sorted = new TreeMap<>(BY_CODE_POINTS);
        if (map instanceof Map<?, ?> object) {
            object.forEach((key, value) -> sorted.put((String) key, value));
        }
        return sorted;
    }

    private static Set<Object> sorted(List<?> names) {
        Set<Object> sorted = new TreeSet<>(Comparator.comparing(String.class::cast, BY_CODE_POINTS));
        sorted.addAll(names);
        return sorted;
    }

    private static String escaped(String key) {
        return key.replace("~", "~0").replace("/", "~1");
    }

    private static boolean areUniqueTexts(@Nullable Object value) {
        return value instanceof List<?> list
                && list.stream().allMatch(String.class::isInstance)
                && new HashSet<>(list).size() == list.size();
    }

    private static boolean isCount(@Nullable Object value) {
        return value instanceof Number number
                && number.doubleValue() >= 0
                && number.doubleValue() == Math.rint(number.doubleValue());
    }

    private MalformedBodyException refused(Place place, String key, String fault) {
        return refused(place.context() + "/" + key, fault);
    }

    MalformedBodyException refused(String context, String fault) {
        return values.refused(
                "tools", "Invalid schema for function '" + function + "': In context=" + context + ", " + fault);
    }
}
