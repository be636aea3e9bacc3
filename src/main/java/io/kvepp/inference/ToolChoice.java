package io.kvepp.inference;

import org.jspecify.annotations.Nullable;

/// Whether the model has to call a tool: the client's `tool_choice`.
///
/// - `function`: the name of the one to call, null unless the kind is [Kind#FUNCTION]
///
/// Immutable.
public record ToolChoice(Kind kind, @Nullable String function) {
    public enum Kind {
        NONE,
        AUTO,
        REQUIRED,
        FUNCTION
    }

    /// The model must call that function.
    public static ToolChoice function(String name) {
        return new ToolChoice(Kind.FUNCTION, name);
    }

    public static ToolChoice of(Kind kind) {
        return new ToolChoice(kind, null);
    }
}
