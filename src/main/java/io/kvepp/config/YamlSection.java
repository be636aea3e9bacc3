package io.kvepp.config;

import static io.kvepp.config.ConfigurationException.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Typed reading of one mapping of a YAML document; errors name the path, and members that nobody
/// knows can be refused.
///
/// Confined.
public final class YamlSection {
    private final String where;
    private final Map<String, @Nullable Object> members;

    private YamlSection(String where, Map<String, @Nullable Object> members) {
        this.where = where;
        this.members = members;
    }

    /// Reads a file with one mapping; `option` names it in errors.
    ///
    /// @throws ConfigurationException when it is larger, cannot be read, or is no such YAML
    public static YamlSection read(String option, Path file, int bytesMax) {
        try {
            check(Files.size(file) <= bytesMax, option, file, "a file of at most " + bytesMax + " bytes");
            return parse(option, Files.readString(file), bytesMax);
        } catch (IOException e) {
            throw ConfigurationException.of(option, file, "a readable file");
        }
    }

    /// The mapping that a text is.
    ///
    /// @throws ConfigurationException when it is none, is longer, or says something twice
    public static YamlSection parse(String option, String yaml, int charsMax) {
        try {
            LoadSettings settings = LoadSettings.builder()
                    .setAllowDuplicateKeys(false)
                    .setCodePointLimit(charsMax)
                    .build();
            return of(option, new Load(settings).loadFromString(yaml));
        } catch (YamlEngineException e) {
            throw ConfigurationException.of(option, "no YAML", "one YAML document: " + e.getMessage());
        }
    }

    private static YamlSection of(String where, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw ConfigurationException.of(where, shown(value), "a mapping");
        }
        Map<String, @Nullable Object> members = new TreeMap<>();
        map.forEach((name, member) -> members.put(String.valueOf(name), member));
        return new YamlSection(where, members);
    }

    /// The path of a member.
    public String path(String name) {
        return where + "." + name;
    }

    /// The names of all members.
    public Set<String> names() {
        return members.keySet();
    }

    /// Whether a member is there and not null.
    public boolean has(String name) {
        return members.get(name) != null;
    }

    /// Refuses members of other names.
    public void allowOnly(Set<String> known) {
        for (String name : names()) {
            check(known.contains(name), where, name, "only " + new TreeSet<>(known));
        }
    }

    /// A mapping.
    public YamlSection section(String name) {
        return of(path(name), members.get(name));
    }

    /// Texts, none when absent.
    public List<String> texts(String name) {
        Object value = members.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw ConfigurationException.of(path(name), shown(value), "a list of texts");
        }
        List<String> texts = new ArrayList<>();
        for (Object each : list) {
            if (!(each instanceof String text)) {
                throw ConfigurationException.of(path(name) + "[" + texts.size() + "]", shown(each), "text");
            }
            texts.add(text);
        }
        return texts;
    }

    /// A list of mappings, not empty.
    public List<YamlSection> sections(String name) {
        List<YamlSection> sections = sectionsOrNone(name);
        check(!sections.isEmpty(), path(name), "[]", "a list that is not empty");
        return sections;
    }

    /// A list of mappings that must be there, but may be empty.
    public List<YamlSection> sectionsOrNone(String name) {
        if (!(members.get(name) instanceof List<?> list)) {
            throw ConfigurationException.of(path(name), shown(members.get(name)), "a list");
        }
        List<YamlSection> sections = new ArrayList<>();
        for (Object each : list) {
            sections.add(of(path(name) + "[" + sections.size() + "]", each));
        }
        return sections;
    }

    /// A text that must be there.
    public String text(String name) {
        @Nullable String text = textOrNull(name);
        if (text == null) {
            throw ConfigurationException.of(path(name), "absent", "text");
        }
        return text;
    }

    /// A text, or null.
    public @Nullable String textOrNull(String name) {
        Object value = members.get(name);
        if (value != null && !(value instanceof String)) {
            throw ConfigurationException.of(path(name), shown(value), "text");
        }
        return (String) value;
    }

    /// A whole number, at least 0, that must be there.
    public long count(String name) {
        Long count = countOrNull(name);
        if (count == null) {
            throw ConfigurationException.of(path(name), "absent", "a whole number >= 0");
        }
        return count;
    }

    /// A whole number, at least 0, or null.
    public @Nullable Long countOrNull(String name) {
        return switch (members.get(name)) {
            case null -> null;
            case Integer number when number >= 0 -> (Long) number.longValue();
            case Long number when number >= 0 && number <= Integer.MAX_VALUE -> number;
            case Object other -> throw ConfigurationException.of(path(name), shown(other), "a whole number >= 0");
        };
    }

    /// A number, or null.
    public @Nullable Double decimalOrNull(String name) {
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
