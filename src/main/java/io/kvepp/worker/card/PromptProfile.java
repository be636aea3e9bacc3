package io.kvepp.worker.card;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What decides how chats become prompts, beside the model's files.
///
/// - `excludeToolsWhenToolChoiceNone`: the frontend drops `tools` when `tool_choice` is `none`
/// - `reasoningParser`, `toolCallParser`, `toolCallArgumentsFormat`: what decides rewriting before
///   the template; null when absent
/// - `defaultThinkingMode`: `enabled` or `disabled` for requests that do not say; other words mean
///   nothing, null when absent
/// - `context`: names of what templates are given beside the request, such as `llama3_date_time`
/// - `renderer`: whose rules turn chats into text; null: those that the process is set to
///
/// Immutable.
public record PromptProfile(
        boolean excludeToolsWhenToolChoiceNone,
        @Nullable String reasoningParser,
        @Nullable String toolCallParser,
        @Nullable String toolCallArgumentsFormat,
        @Nullable String defaultThinkingMode,
        List<String> context,
        @Nullable Renderer renderer) {
    /// What a card that says nothing means.
    public static final PromptProfile PLAIN = parsers(null, null);

    public PromptProfile {
        context = List.copyOf(context);
    }

    /// Whoever wrote the card says nothing of renderers.
    public PromptProfile(
            boolean excludeToolsWhenToolChoiceNone,
            @Nullable String reasoningParser,
            @Nullable String toolCallParser,
            @Nullable String toolCallArgumentsFormat,
            @Nullable String defaultThinkingMode,
            List<String> context) {
        this(
                excludeToolsWhenToolChoiceNone,
                reasoningParser,
                toolCallParser,
                toolCallArgumentsFormat,
                defaultThinkingMode,
                context,
                null);
    }

    /// Nothing but the parsers is said.
    public static PromptProfile parsers(@Nullable String reasoningParser, @Nullable String toolCallParser) {
        return new PromptProfile(true, reasoningParser, toolCallParser, null, null, List.of());
    }
}
