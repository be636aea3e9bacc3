package io.kvepp.preprocess;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Gives both names of the thinking switch one plain value, whatever spelling a client used.
///
/// Thread-safe.
final class ThinkingAliases {
    private static final List<String> SWITCHES = List.of("thinking", "enable_thinking");
    private static final String MODE = "thinking_mode";
    private static final List<String> TRUE_WORDS = List.of("1", "true", "on", "yes");
    private static final List<String> FALSE_WORDS = List.of("0", "false", "off", "no");
    private static final List<String> ON_BY_DEFAULT = List.of("kimi_k25", "kimi_k3", "kimi-k3");

    private ThinkingAliases() {}

    /// The template arguments of a request for a model with this reasoning parser.
    static Map<String, @Nullable Object> applied(Map<String, @Nullable Object> args, @Nullable String reasoningParser) {
        Boolean on = decided(args);
        if (on == null && reasoningParser != null && ON_BY_DEFAULT.contains(reasoningParser)) {
            on = true;
        }
        if (on == null) {
            return args;
        }
        Map<String, @Nullable Object> result = Json.copy(args);
        for (String name : SWITCHES) {
            result.put(name, on);
        }
        return result;
    }

    private static @Nullable Boolean decided(Map<String, @Nullable Object> args) {
        for (String name : SWITCHES) {
            Boolean value = switch (args.get(name)) {
                case Boolean on -> on;
                case String word -> TRUE_WORDS.contains(word.toLowerCase(Locale.ROOT));
                case Number number -> number.doubleValue() != 0.0;
                case null, default -> null;
            };
            if (value != null) {
                return value;
            }
        }
        return switch (args.get(MODE)) {
            case Boolean on -> on;
            case String word -> mode(word.toLowerCase(Locale.ROOT));
            case Number number -> number.doubleValue() != 0.0;
            case null, default -> null;
        };
    }

    private static @Nullable Boolean mode(String word) {
        if (word.equals("enabled") || TRUE_WORDS.contains(word)) {
            return true;
        }
        return (word.equals("disabled") || FALSE_WORDS.contains(word)) ? (Boolean) false : null;
    }
}
