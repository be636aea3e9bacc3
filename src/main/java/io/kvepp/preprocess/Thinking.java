package io.kvepp.preprocess;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Whether the answer of a request begins with thoughts. It does unless its template
/// arguments say otherwise.
///
/// Thread-safe.
final class Thinking {
    private static final List<String> SWITCHES = List.of("thinking", "enable_thinking");

    private Thinking() {}

    /// By the switches alone.
    static boolean switchedOn(Map<String, @Nullable Object> args) {
        Boolean on = bySwitch(args);
        return on == null || on;
    }

    /// By the switches, then by the mode `chat`.
    static boolean on(Map<String, @Nullable Object> args) {
        Boolean on = bySwitch(args);
        return on == null ? !"chat".equals(args.get("thinking_mode")) : on;
    }

    private static @Nullable Boolean bySwitch(Map<String, @Nullable Object> args) {
        for (String name : SWITCHES) {
            if (args.get(name) instanceof Boolean on) {
                return on;
            }
        }
        return null;
    }
}
