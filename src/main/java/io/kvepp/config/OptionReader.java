package io.kvepp.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads one option as a type; made by [Options#option].
///
/// Every method throws [ConfigurationException] that names the option, the value and what was
/// expected.
///
/// Confined to the thread that starts the process.
public final class OptionReader {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Pattern BYTES = Pattern.compile("([0-9]{1,12})(|B|KiB|MiB|GiB)");

    private static final String BYTES_EXPECTED = "a size such as 65536, 512KiB or 45MiB";

    private final Options options;
    private final String name;
    private final String meaning;
    private final Map<String, UnaryOperator<String>> environment = new LinkedHashMap<>();
    private final List<String> aliases = new ArrayList<>();

    OptionReader(Options options, String name, String meaning) {
        this.options = options;
        this.name = name;
        this.meaning = meaning;
        environment.put(Options.environmentName(name), UnaryOperator.identity());
    }

    /// Also reads this environment variable, after those declared before.
    public OptionReader env(String variable) {
        return env(variable, UnaryOperator.identity());
    }

    /// Also reads this environment variable, whose text (a bare number of some unit, say) is first
    /// turned into the option's own syntax.
    public OptionReader env(String variable, UnaryOperator<String> toOptionSyntax) {
        environment.put(variable, toOptionSyntax);
        return this;
    }

    /// Also reads this environment variable, which means the same as those declared before. When it
    /// says something else than the one that wins, [Options#conflicts] tells of it.
    public OptionReader alias(String variable) {
        aliases.add(variable);
        return env(variable);
    }

    public String string(String defaultValue) {
        return read("TEXT", defaultValue, Function.identity(), Function.identity());
    }

    /// The text, or null when nothing is set.
    public @Nullable String optionalString() {
        Options.Found found = options.find(name, environment);
        remember("TEXT", "", false, found.isSet() ? found.last() : "", found.origin());
        return found.isSet() ? found.last() : null;
    }

    /// The text, or null when nothing is set, or an empty text. What is remembered of it is only that
    /// it was set.
    public @Nullable String optionalSecret() {
        Options.Found found = options.find(name, environment);
        boolean isSet = found.isSet() && !found.last().isEmpty();
        remember("TEXT", "", false, isSet ? "(hidden)" : "", found.origin());
        return isSet ? found.last() : null;
    }

    /// All values: a flag may be repeated; a value (and an environment variable) may hold several,
    /// separated by commas. The defaults when nothing is set.
    public List<String> strings(String... defaults) {
        Options.Found found = options.find(name, environment);
        List<String> given = found.values().stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
        List<String> values = found.isSet() ? given : List.of(defaults);
        remember("TEXT", String.join(",", defaults), true, String.join(",", values), found.origin());
        return values;
    }

    public int integer(int defaultValue) {
        return read("NUMBER", defaultValue, this::parseInteger, String::valueOf);
    }

    public double decimal(double defaultValue) {
        return read("DECIMAL", defaultValue, this::parseDecimal, String::valueOf);
    }

    /// The number, or empty when nothing is set, or an empty text.
    public OptionalDouble optionalDecimal() {
        return read(
                "DECIMAL",
                OptionalDouble.empty(),
                text -> text.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(parseDecimal(text)),
                value -> value.isPresent() ? String.valueOf(value.getAsDouble()) : "");
    }

    public boolean flag(boolean defaultValue) {
        return read("true|false", defaultValue, this::parseFlag, String::valueOf);
    }

    public Duration duration(Duration defaultValue) {
        return read("DURATION", defaultValue, this::parseDuration, OptionReader::format);
    }

    /// A size in bytes, written as `1048576`, `512KiB`, `45MiB` or `1GiB`.
    public long bytes(long defaultValue) {
        return read("BYTES", defaultValue, this::parseBytes, OptionReader::formatBytes);
    }

    /// One of the words given; case is ignored.
    public String choice(String defaultValue, String... allowed) {
        String type = String.join("|", allowed);
        return read(type, defaultValue, text -> parseChoice(text, allowed), Function.identity());
    }

    private <T> T read(String type, T defaultValue, Function<String, T> parse, Function<T, String> format) {
        Options.Found found = options.find(name, environment);
        T value = found.isSet() ? parse(found, parse) : defaultValue;
        if (environment.containsKey(found.origin())) {
            noteConflicts(found.origin(), value, parse);
        }
        remember(type, format.apply(defaultValue), false, format.apply(value), found.origin());
        return value;
    }

    private <T> void noteConflicts(String winner, T value, Function<String, T> parse) {
        for (String alias : aliases) {
            Options.Found other = options.findVariable(alias);
            if (!alias.equals(winner) && other.isSet() && !parse(other, parse).equals(value)) {
                options.noteConflict(name + ": " + alias + " says otherwise than " + winner + ", which wins");
            }
        }
    }

    /// A variable that is not our own is named: the option's name alone would not tell where to look.
    private static <T> T parse(Options.Found found, Function<String, T> parse) {
        try {
            return parse.apply(found.last());
        } catch (ConfigurationException e) {
            throw found.origin().equals("flag")
                    ? e
                    : new ConfigurationException(e.getMessage() + " from " + found.origin());
        }
    }

    private void remember(String type, String defaultText, boolean repeatable, String valueText, String origin) {
        options.remember(new OptionEntry(
                name, List.copyOf(environment.keySet()), type, defaultText, meaning, repeatable, valueText, origin));
    }

    private int parseInteger(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw ConfigurationException.of(name, text, "a whole number");
        }
    }

    private double parseDecimal(String text) {
        try {
            double value = Double.parseDouble(text);
            ConfigurationException.check(Double.isFinite(value), name, text, "a finite number");
            return value;
        } catch (NumberFormatException e) {
            throw ConfigurationException.of(name, text, "a number");
        }
    }

    private boolean parseFlag(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw ConfigurationException.of(name, text, "true or false");
        };
    }

    private String parseChoice(String text, String... allowed) {
        for (String candidate : allowed) {
            if (candidate.equalsIgnoreCase(text)) {
                return candidate;
            }
        }
        throw ConfigurationException.of(name, text, "one of " + String.join(", ", allowed));
    }

    private Duration parseDuration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw ConfigurationException.of(name, text, "a duration such as 250ms, 30s, 5m or 1h");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
    }

    private long parseBytes(String text) {
        Matcher matcher = BYTES.matcher(text);
        if (!matcher.matches()) {
            throw ConfigurationException.of(name, text, BYTES_EXPECTED);
        }
        long count = Long.parseLong(matcher.group(1));
        int shift = switch (matcher.group(2)) {
            case "KiB" -> 10;
            case "MiB" -> 20;
            case "GiB" -> 30;
            default -> 0;
        };
        if (count > Long.MAX_VALUE >> shift) {
            throw ConfigurationException.of(name, text, BYTES_EXPECTED);
        }
        return count << shift;
    }

    static String format(Duration value) {
        long millis = value.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static String formatBytes(long value) {
        if (value > 0 && value % (1L << 20) == 0) {
            return (value >> 20) + "MiB";
        }
        return value > 0 && value % (1L << 10) == 0 ? (value >> 10) + "KiB" : Long.toString(value);
    }
}
