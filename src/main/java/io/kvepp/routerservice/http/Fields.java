package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Typed access to the fields of one small JSON object. A field of the wrong type or out of range is
/// an error that names its path; an absent field and an explicit `null` are the same.
///
/// Immutable.
record Fields(String path, JsonNode node) {
    static final int SHOWN_CHARS_MAX = 80;

    private static final int LONG_BITS = 64;

    String text(String name, String absent) throws HttpFault {
        @Nullable String text = textOrNull(name);
        return text == null ? absent : text;
    }

    @Nullable
    String textOrNull(String name) throws HttpFault {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isTextual()) {
            throw fault(name, "a string");
        }
        return value.textValue();
    }

    @Nullable
    Boolean flagOrNull(String name) throws HttpFault {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isBoolean()) {
            throw fault(name, "true or false");
        }
        return value.booleanValue();
    }

    @Nullable
    Double numberOrNull(String name) throws HttpFault {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isNumber()) {
            throw fault(name, "a number");
        }
        return value.doubleValue();
    }

    /// A whole number from 0 to `max`; null when absent.
    @Nullable
    Integer countOrNull(String name, long max) throws HttpFault {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.canConvertToExactIntegral() || !value.canConvertToLong() || value.longValue() < 0) {
            throw fault(name, "a whole number from 0 to " + max);
        }
        return (int) Math.min(value.longValue(), Math.min(max, Integer.MAX_VALUE));
    }

    /// An unsigned 64-bit number; null when absent.
    @Nullable
    Long unsignedOrNull(String name) throws HttpFault {
        JsonNode value = node.path(name);
        return isAbsent(value) ? null : (Long) unsigned(name, value);
    }

    long unsigned(String name) throws HttpFault {
        return unsigned(name, node.path(name));
    }

    /// Null when absent.
    @Nullable
    Set<Long> unsignedSetOrNull(String name) throws HttpFault {
        if (isAbsent(node.path(name))) {
            return null;
        }
        Set<Long> set = new HashSet<>();
        for (JsonNode value : array(name)) {
            set.add(unsigned(name + "[" + set.size() + "]", value));
        }
        return set;
    }

    Set<String> texts(String name) throws HttpFault {
        Set<String> texts = new HashSet<>();
        for (JsonNode value : array(name)) {
            if (!value.isTextual()) {
                throw fault(name, "an array of strings");
            }
            texts.add(value.textValue());
        }
        return texts;
    }

    boolean has(String name) {
        return !isAbsent(node.path(name));
    }

    /// The members of an object of strings; null when absent.
    @Nullable
    Map<String, String> textsByNameOrNull(String name) throws HttpFault {
        JsonNode object = node.path(name);
        if (isAbsent(object)) {
            return null;
        }
        if (!object.isObject()) {
            throw fault(name, "an object of strings");
        }
        Map<String, String> texts = new HashMap<>();
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            if (!member.getValue().isTextual()) {
                throw fault(name, "an object of strings");
            }
            texts.put(member.getKey(), member.getValue().textValue());
        }
        return texts;
    }

    Map<String, Float> weights(String name) throws HttpFault {
        JsonNode object = node.path(name);
        Map<String, Float> weights = new HashMap<>();
        if (isAbsent(object)) {
            return weights;
        }
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            if (!member.getValue().isNumber()) {
                throw fault(name, "an object of numbers");
            }
            weights.put(member.getKey(), member.getValue().floatValue());
        }
        return weights;
    }

    /// Null when absent.
    @Nullable
    Fields objectOrNull(String name) throws HttpFault {
        JsonNode value = node.path(name);
        if (isAbsent(value)) {
            return null;
        }
        if (!value.isObject()) {
            throw fault(name, "an object");
        }
        return new Fields(path + name + ".", value);
    }

    /// Refuses a field that says anything.
    void refuse(String name, String why) throws HttpFault {
        JsonNode value = node.path(name);
        if (!isAbsent(value) && !value.isEmpty()) {
            throw new HttpFault(400, path + name + ": given (expected: none: " + why + ")");
        }
    }

    private Iterable<JsonNode> array(String name) throws HttpFault {
        JsonNode value = node.path(name);
        if (!isAbsent(value) && !value.isArray()) {
            throw fault(name, "an array");
        }
        return value;
    }

    private long unsigned(String name, JsonNode value) throws HttpFault {
        BigInteger number = value.isIntegralNumber() ? value.bigIntegerValue() : BigInteger.ONE.negate();
        if (number.signum() < 0 || number.bitLength() > LONG_BITS) {
            throw fault(name, "an unsigned 64-bit number");
        }
        return number.longValue();
    }

    private HttpFault fault(String name, String expected) {
        String shown =
                node.path(name).isMissingNode() ? "none" : node.path(name).toString();
        return HttpFault.field(
                path + name, shown.length() <= SHOWN_CHARS_MAX ? shown : shown.substring(0, SHOWN_CHARS_MAX), expected);
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
