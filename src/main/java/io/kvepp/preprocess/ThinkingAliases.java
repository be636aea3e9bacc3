package io.kvepp.preprocess;

import io.kvepp.inference.json.WhiteSpace;
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
    private static final List<String> CONTROLS = List.of("thinking", "enable_thinking", MODE, "reasoning_effort");
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

    /// The template arguments with the model's default, null for none, where the request says
    /// nothing of thinking; a control of null says something.
    static Map<String, @Nullable Object> withDefault(
            Map<String, @Nullable Object> args, @Nullable Boolean thinksByDefault) {
        if (thinksByDefault == null || CONTROLS.stream().anyMatch(args::containsKey)) {
            return args;
        }
        Map<String, @Nullable Object> result = Json.copy(args);
        for (String name : SWITCHES) {
            result.put(name, thinksByDefault);
        }
        result.put(MODE, thinksByDefault ? "enabled" : "disabled");
        return result;
    }

    private static @Nullable Boolean decided(Map<String, @Nullable Object> args) {
        for (String name : SWITCHES) {
            Boolean value = switch (args.get(name)) {
                case Boolean on -> on;
                case String word -> TRUE_WORDS.contains(plain(word));
                case Number number -> number.doubleValue() != 0.0;
                case null, default -> null;
            };
            if (value != null) {
                return value;
            }
        }
        return switch (args.get(MODE)) {
            case Boolean on -> on;
            case String word -> mode(word);
            case Number number -> number.doubleValue() != 0.0;
            case null, default -> null;
        };
    }

    /// `enabled` and `disabled` must stand alone, the other words may have white space around.
    private static @Nullable Boolean mode(String word) {
        if (word.equalsIgnoreCase("enabled") || TRUE_WORDS.contains(plain(word))) {
            return true;
        }
        boolean off = word.equalsIgnoreCase("disabled") || FALSE_WORDS.contains(plain(word));
        return off ? (Boolean) false : null;
    }

    private static String plain(String word) {
        return WhiteSpace.trim(word).toLowerCase(Locale.ROOT);
    }
}
