package io.kvepp.inference.body;

import io.kvepp.inference.json.JsonValues.JsonObject;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a JSON value must be for the frontend to take it. A value is plain Java, as
/// [io.kvepp.inference.json.JsonValues] reads it, and never null: whether null stands for absent is the
/// business of whoever holds the field.
///
/// The rules are those of serde. A list in the place of an object is taken by some of its types and
/// refused by others, and so is an object in the place of a word: such rarities are `UNKNOWN`.
///
/// Implementations are immutable.
@SuppressWarnings("ReferenceEquality") // the very same object is meant
public interface Shape {
    /// Whether a value has the shape.
    enum Fit {
        YES,
        NO,
        UNKNOWN;

        Fit and(Fit other) {
            return this == NO || other == NO ? NO : this == YES ? other : this;
        }
    }

    Shape ANY = new Named("any value", _ -> Fit.YES);
    Shape TEXT = new Named("text", value -> fit(value instanceof String));
    Shape FLAG = new Named("true or false", value -> fit(value instanceof Boolean));
    Shape NUMBER = new Named("a number", value -> fit(value instanceof Number));
    Shape U8 = whole(0, 0xFF);
    Shape U32 = whole(0, 0xFFFF_FFFFL);
    Shape I32 = whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
    Shape I64 = new Named("a whole number of 64 bit", value -> fit(value instanceof Long));
    Shape U64 = new Named(
            "a whole number >= 0 of 64 bit",
            value -> fit(value instanceof BigInteger || (value instanceof Long n && n >= 0)));

    Fit fit(Object value);

    /// In words, for messages.
    String expected();

    private static Fit fit(boolean yes) {
        return yes ? Fit.YES : Fit.NO;
    }

    static Shape whole(long min, long max) {
        return new Named(
                "a whole number from " + min + " to " + max,
                value -> fit(value instanceof Long number && number >= min && number <= max));
    }

    /// One of a few words.
    static Shape words(String... words) {
        Set<String> known = Set.of(words);
        return new Named(
                "one of " + String.join(", ", words),
                value -> value instanceof Map<?, ?> map
                        ? wordAsMap(map, known)
                        : fit(value instanceof String word && known.contains(word)));
    }

    /// A word may be the only name of an object, with null or, in some places, nothing behind it.
    private static Fit wordAsMap(Map<?, ?> map, Set<String> known) {
        if (map.size() != 1) {
            return Fit.NO;
        }
        Map.Entry<?, ?> only = map.entrySet().iterator().next();
        boolean empty = only.getValue() == null || (only.getValue() instanceof Map<?, ?> value && value.isEmpty());
        return empty && only.getKey() instanceof String word && known.contains(word) ? Fit.UNKNOWN : Fit.NO;
    }

    /// The word that tells kinds of objects apart, or its place among the words, which counts as well.
    static Shape tag(String... words) {
        Shape word = words(words);
        return new Named(
                word.expected(),
                value -> value instanceof Long place
                        ? fit(place >= 0 && place < words.length)
                        : fit(word.fit(value) == Fit.YES));
    }

    static Shape list(Shape element) {
        return new Named(
                "a list of " + element.expected(),
                value -> value instanceof List<?> list ? all(list, element) : Fit.NO);
    }

    static Shape map(Shape element) {
        return new Named(
                "an object with " + element.expected() + " for each name",
                value -> value instanceof Map<?, ?> map ? all(map.values(), element) : Fit.NO);
    }

    static Shape either(Shape first, Shape second) {
        return new Named(first.expected() + " or " + second.expected(), value -> {
            Fit fit = first.fit(value);
            return fit == Fit.YES ? fit : second.fit(value) == Fit.YES ? Fit.YES : fit.and(second.fit(value));
        });
    }

    static Members object() {
        return new Members();
    }

    private static Fit all(Iterable<?> values, Shape element) {
        Fit fit = Fit.YES;
        for (Object value : values) {
            fit = fit.and(value == null ? (element.equals(ANY) ? Fit.YES : Fit.NO) : element.fit(value));
        }
        return fit;
    }

    /// A shape with its words.
    record Named(String expected, Test test) implements Shape {
        @FunctionalInterface
        interface Test {
            Fit fit(Object value);
        }

        @Override
        public Fit fit(Object value) {
            return test.fit(value);
        }
    }

    /// An object of named members, built member by member.
    ///
    /// Confined to the building thread, then immutable.
    final class Members implements Shape {
        private final Map<String, Member> members = new HashMap<>();
        private boolean closed;

        private record Member(Shape shape, boolean required, boolean nullable) {}

        /// A member that must be there.
        public Members with(String name, Shape shape) {
            members.put(name, new Member(shape, true, shape.equals(ANY)));
            return this;
        }

        /// A member that may be absent or null.
        public Members maybe(String name, Shape shape) {
            members.put(name, new Member(shape, false, true));
            return this;
        }

        /// A member that may be absent, but not null.
        public Members absentOr(String name, Shape shape) {
            members.put(name, new Member(shape, false, false));
            return this;
        }

        /// Has no further members.
        public Members closed() {
            closed = true;
            return this;
        }

        @Override
        public Fit fit(Object value) {
            if (!(value instanceof Map<?, ?> map)) {
                return value instanceof List ? Fit.UNKNOWN : Fit.NO;
            }
            if (closed && !members.keySet().containsAll(map.keySet())) {
                return Fit.NO;
            }
            Fit fit = Fit.YES;
            for (Map.Entry<String, Member> entry : members.entrySet()) {
                fit = fit.and(fit(entry.getValue(), entry.getKey(), map));
            }
            return fit;
        }

        private static Fit fit(Member member, String name, Map<?, ?> map) {
            if (map instanceof JsonObject object && object.isRepeated(name)) {
                return Fit.NO;
            }
            @Nullable Object value = map.get(name);
            if (value == null) {
                return Shape.fit(map.containsKey(name) ? member.nullable() : !member.required());
            }
            return member.shape().fit(value);
        }

        @Override
        public String expected() {
            return "an object";
        }
    }
}
