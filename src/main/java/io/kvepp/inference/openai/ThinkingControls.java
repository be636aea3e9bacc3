package io.kvepp.inference.openai;

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
final class ThinkingControls {
    private static final List<String> TOGGLES = List.of("thinking", "enable_thinking");
    private static final String MODE = "thinking_mode";
    private static final String EFFORT = "reasoning_effort";
    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

    private ThinkingControls() {}

    /// The template arguments of a request with its thinking controls.
    static Map<String, @Nullable Object> normalized(Map<String, @Nullable Object> fields)
            throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> args = templateArgs(fields);
        String mode = rootMode(fields.get("thinking"));
        Object effort = effort(fields, args);
        boolean controlled = args.containsKey(MODE) || TOGGLES.stream().anyMatch(args::containsKey);
        if (mode == null && effort == null && !controlled) {
            return args;
        }
        if (mode != null) {
            applyRoot(args, mode);
        }
        Boolean decision = decision(args, effort);
        if (decision != null) {
            set(args, decision);
        }
        if (effort != null) {
            args.put(EFFORT, effort);
        }
        return args;
    }

    private static Map<String, @Nullable Object> templateArgs(Map<String, @Nullable Object> fields)
            throws MalformedBodyException, UnsupportedBodyException {
        if (fields.containsKey("chat_template_args") && fields.containsKey("chat_template_kwargs")) {
            throw MalformedBodyException.of(
                    "chat_template_args", "given together with chat_template_kwargs", "one of them");
        }
        Map<String, @Nullable Object> given = Fields.object(fields, "chat_template_args");
        if (given == null) {
            given = Fields.object(fields, "chat_template_kwargs");
        }
        if (given != null && given.containsKey("chat_template")) {
            throw new UnsupportedBodyException("the request brings its own template");
        }
        return given == null ? new LinkedHashMap<>() : new LinkedHashMap<>(given);
    }

    /// `enabled`, `disabled`, `adaptive`, or null when the request does not say.
    private static @Nullable String rootMode(@Nullable Object thinking) throws UnsupportedBodyException {
        if (thinking == null) {
            return null;
        }
        if (thinking instanceof Boolean on) {
            return on ? "enabled" : "disabled";
        }
        if (thinking instanceof Map<?, ?> object && object.get("type") instanceof String type) {
            return switch (type) {
                case "enabled", "disabled", "adaptive" -> type;
                default -> throw new UnsupportedBodyException("thinking.type is another word");
            };
        }
        throw new UnsupportedBodyException("thinking has another type");
    }

    private static @Nullable Object effort(Map<String, @Nullable Object> fields, Map<String, @Nullable Object> args)
            throws UnsupportedBodyException {
        String root = Fields.string(fields, EFFORT);
        if (root != null && !EFFORTS.contains(root)) {
            throw new UnsupportedBodyException("reasoning_effort is another word");
        }
        return root != null ? root : args.get(EFFORT);
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
