package io.kvepp.inference.chat;

import io.kvepp.inference.body.MalformedBodyException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The ways to switch thinking on and off, spelled out for every template.
///
/// A request may say it by `thinking`, by `reasoning_effort`, or in the template arguments. Whoever
/// speaks with the highest precedence decides, and the decision is written in every dialect.
///
/// Thread-safe.
public final class ThinkingControls {
    private static final List<String> TOGGLES = List.of("thinking", "enable_thinking");
    private static final String MODE = "thinking_mode";
    private static final String EFFORT = "reasoning_effort";
    private static final Set<String> MODES = Set.of("enabled", "disabled", "adaptive");

    private ThinkingControls() {}

    /// The template arguments of a request with its thinking controls. `effort` is the top-level
    /// word, null when absent; `thinking` the top-level switch in either of its forms.
    public static Map<String, @Nullable Object> normalized(
            @Nullable Map<String, @Nullable Object> given, @Nullable String effort, @Nullable Object thinking)
            throws MalformedBodyException {
        Map<String, @Nullable Object> args = given == null ? new LinkedHashMap<>() : new LinkedHashMap<>(given);
        String mode = rootMode(thinking);
        Object asked = effort != null ? effort : args.get(EFFORT);
        boolean controlled = args.containsKey(MODE) || TOGGLES.stream().anyMatch(args::containsKey);
        if (mode == null && asked == null && !controlled) {
            return args;
        }
        if (mode != null) {
            applyRoot(args, mode);
        }
        Boolean decision = decision(args, asked);
        if (decision != null) {
            set(args, decision);
        }
        if (asked != null) {
            args.put(EFFORT, asked);
        }
        return args;
    }

    /// `enabled`, `disabled`, `adaptive`, or null when the request does not say.
    private static @Nullable String rootMode(@Nullable Object thinking) throws MalformedBodyException {
        if (thinking == null) {
            return null;
        }
        if (thinking instanceof Boolean on) {
            return on ? "enabled" : "disabled";
        }
        if (!(thinking instanceof Map<?, ?> object)) {
            throw MalformedBodyException.value(
                    "thinking",
                    "Validation: `thinking` must be a boolean or an object with `type` set to `enabled`, `disabled`,"
                            + " or `adaptive`");
        }
        if (object.get("type") instanceof String type && MODES.contains(type)) {
            return type;
        }
        throw MalformedBodyException.value(
                "thinking", "Validation: `thinking.type` must be `enabled`, `disabled`, or `adaptive`");
    }

    private static void applyRoot(Map<String, @Nullable Object> args, String mode) {
        if (mode.equals("adaptive")) {
            TOGGLES.forEach(args::remove);
            args.put(MODE, mode);
        } else {
            set(args, mode.equals("enabled"));
        }
    }

    private static @Nullable Boolean decision(Map<String, @Nullable Object> args, @Nullable Object effort) {
        for (String toggle : TOGGLES) {
            if (args.get(toggle) instanceof Boolean on) {
                return on;
            }
        }
        String mode = args.get(MODE) instanceof String text ? text.toLowerCase(Locale.ROOT) : "";
        return switch (mode) {
            case "adaptive" -> null;
            case "enabled" -> Boolean.TRUE;
            case "disabled" -> Boolean.FALSE;
            default -> effort instanceof String word ? (Boolean) !word.equals("none") : null;
        };
    }

    private static void set(Map<String, @Nullable Object> args, boolean on) {
        TOGGLES.forEach(toggle -> args.put(toggle, on));
        args.put(MODE, on ? "enabled" : "disabled");
    }
}
