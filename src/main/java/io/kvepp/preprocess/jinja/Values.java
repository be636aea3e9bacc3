package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What every value can be asked: its kind, truth, length, attributes, items and elements.
final class Values {
    private Values() {}

    /// The engine's form of a value of the caller: `null` is None, numbers are wide.
    static Object of(@Nullable Object raw) {
        if (raw instanceof String || raw instanceof Long || raw instanceof Map || raw instanceof List) {
            return raw;
        }
        return switch (raw) {
            case null -> None.INSTANCE;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Float number -> number.doubleValue();
            case BigInteger number -> narrow(number);
            case BigDecimal number -> number.doubleValue();
            default -> raw;
        };
    }

    static Object narrow(BigInteger number) {
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    static Kind kind(Object value) {
        return switch (value) {
            case String _ -> Kind.STRING;
            case Long _, Double _, BigInteger _ -> Kind.NUMBER;
            case Map<?, ?> _ -> Kind.MAP;
            case List<?> _ -> Kind.SEQUENCE;
            case Boolean _ -> Kind.BOOLEAN;
            case Undefined _ -> Kind.UNDEFINED;
            case None _ -> Kind.NONE;
            case View _ -> Kind.ITERABLE;
            case Composite composite -> composite.kind();
            default -> Kind.PLAIN;
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Long number -> number != 0;
            case Double number -> number != 0.0;
            case Undefined _, None _ -> false;
            case View view -> !view.items().isEmpty();
            case Composite composite -> !composite.elements().isEmpty();
            default -> true;
        };
    }

    /// The number of code points, items or entries; -1 for a value without a length.
    static int length(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case View view -> view.items().size();
            case Composite composite -> composite.elements().size();
            default -> -1;
        };
    }

    /// `value.name`, or `null` when there is no such attribute.
    static @Nullable Object attribute(Object value, String name) {
        if (value instanceof Map<?, ?> map) {
            return entry(map, name);
        }
        return value instanceof Composite composite ? composite.get(name) : null;
    }

    /// `value[key]`, or `null` when there is no such item.
    static @Nullable Object item(Object value, Object key) {
        return switch (value) {
            case Map<?, ?> map -> entry(map, key);
            case List<?> list -> at(list, key);
            case View view -> at(view.items(), key);
            case String text -> codePoint(text, key);
            case Composite composite -> composite.get(key);
            default -> null;
        };
    }

    /// An attribute or item that is missing: undefined, or an error when its owner is undefined.
    static Object missing(Object owner, Object key) throws JinjaRenderException {
        if (owner == Undefined.INSTANCE) {
            throw new JinjaRenderException("undefined value: no attribute or item '" + Printer.name(key) + "'");
        }
        return Undefined.INSTANCE;
    }

    private static @Nullable Object entry(Map<?, ?> map, Object key) {
        if (key instanceof String || map instanceof Dict) {
            Object wanted = key instanceof Double number && number == number.longValue() ? number.longValue() : key;
            Object found = map.get(wanted);
            return found != null ? of(found) : map.containsKey(wanted) ? None.INSTANCE : null;
        }
        return null;
    }

    private static @Nullable Object at(List<? extends @Nullable Object> list, Object key) {
        long index = index(key, list.size());
        return index < 0 || index >= list.size() ? null : of(list.get((int) index));
    }

    private static @Nullable Object codePoint(String text, Object key) {
        long index = index(key, text.length());
        int count = text.codePointCount(0, text.length());
        if (key instanceof Long number && number < 0) {
            index = number + count;
        }
        if (index < 0 || index >= count) {
            return null;
        }
        int from = text.offsetByCodePoints(0, (int) index);
        return text.substring(from, text.offsetByCodePoints(from, 1));
    }

    private static long index(Object key, int size) {
        long index = switch (key) {
            case Long number -> number;
            case Boolean flag -> flag ? 1 : 0;
            case Double number when number == number.longValue() -> number.longValue();
            default -> -1L - size;
        };
        return index < 0 ? index + size : index;
    }

    /// What `for` iterates, or `null` when the value cannot be iterated.
    static @Nullable List<? extends @Nullable Object> elements(Object value) {
        return switch (value) {
            case List<?> list -> list;
            case View view -> view.items();
            case Map<?, ?> map -> new ArrayList<@Nullable Object>(map.keySet());
            case String text -> codePoints(text);
            case Undefined _, None _ -> List.of();
            case Composite composite -> composite.elements();
            default -> null;
        };
    }

    /// As [#elements], with an error for a value that cannot be iterated.
    static List<? extends @Nullable Object> iterate(Object value) throws JinjaRenderException {
        List<? extends @Nullable Object> elements = elements(value);
        if (elements == null) {
            throw new JinjaRenderException(kind(value) + " is not iterable");
        }
        return elements;
    }

    private static List<String> codePoints(String text) {
        List<String> parts = new ArrayList<>(text.length());
        for (int at = 0; at < text.length(); ) {
            int end = text.offsetByCodePoints(at, 1);
            parts.add(text.substring(at, end));
            at = end;
        }
        return parts;
    }
}
