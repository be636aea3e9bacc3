package io.kvepp.scheduling.queue;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Typed reading of one mapping of a YAML document; errors name the path.
///
/// Confined.
final class Section {
    private final String where;
    private final Map<String, @Nullable Object> members;

    private Section(String where, Map<String, @Nullable Object> members) {
        this.where = where;
        this.members = members;
    }

    static Section of(String where, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw ConfigurationException.of(where, shown(value), "a mapping");
        }
        Map<String, @Nullable Object> members = new TreeMap<>();
        map.forEach((name, member) -> members.put(String.valueOf(name), member));
        return new Section(where, members);
    }

    String path(String name) {
        return where + "." + name;
    }

    Set<String> names() {
        return members.keySet();
    }

    boolean has(String name) {
        return members.get(name) != null;
    }

    void allowOnly(Set<String> known) {
        for (String name : names()) {
            check(known.contains(name), where, name, "only " + new TreeSet<>(known));
        }
    }

    Section section(String name) {
        return of(path(name), members.get(name));
    }

    /// A list of mappings, not empty.
    List<Section> sections(String name) {
        if (!(members.get(name) instanceof List<?> list) || list.isEmpty()) {
            throw ConfigurationException.of(path(name), shown(members.get(name)), "a list that is not empty");
        }
        List<Section> sections = new ArrayList<>();
        for (Object each : list) {
            sections.add(of(path(name) + "[" + sections.size() + "]", each));
        }
        return sections;
    }

    String text(String name) {
        @Nullable String text = textOrNull(name);
        if (text == null) {
            throw ConfigurationException.of(path(name), "absent", "text");
        }
        return text;
    }

    @Nullable
    String textOrNull(String name) {
        Object value = members.get(name);
        if (value != null && !(value instanceof String)) {
            throw ConfigurationException.of(path(name), shown(value), "text");
        }
        return (String) value;
    }

    long count(String name) {
        Long count = countOrNull(name);
        if (count == null) {
            throw ConfigurationException.of(path(name), "absent", "a whole number >= 0");
        }
        return count;
    }

    @Nullable
    Long countOrNull(String name) {
        return switch (members.get(name)) {
            case null -> null;
            case Integer number when number >= 0 -> (Long) number.longValue();
            case Long number when number >= 0 && number <= Integer.MAX_VALUE -> number;
            case Object other -> throw ConfigurationException.of(path(name), shown(other), "a whole number >= 0");
        };
    }

    @Nullable
    Double decimalOrNull(String name) {
        return switch (members.get(name)) {
            case null -> null;
            case Number number -> (Double) number.doubleValue();
            case Object other -> throw ConfigurationException.of(path(name), shown(other), "a number");
        };
    }

    private static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "absent";
            case Map<?, ?> _ -> "a mapping";
            case List<?> _ -> "a list";
            case Object other -> String.valueOf(other);
        };
    }
}
