package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.worker.card.PromptProfile;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a model card says of preparing its chats.
///
/// - `dropsTools`: a request that forbids tool calls shows the template no tools
/// - `objectArguments`: see [ObjectArguments]
/// - `reasoningParser`: see [ThinkingAliases]
/// - `thinksByDefault`: whether a model thinks when the request does not say, null when the card
///   does not say either
///
/// Immutable.
record ChatRules(
        boolean dropsTools,
        boolean objectArguments,
        @Nullable String reasoningParser,
        @Nullable Boolean thinksByDefault) {
    private static final List<String> MINIMAX_M3 =
            List.of("minimax_m3", "minimax-m3", "minimax_m3_nom", "minimax-m3-nom");

    static ChatRules of(PromptProfile prompt) throws ModelLoadException {
        String reasoning = prompt.reasoningParser();
        String toolCall = prompt.toolCallParser();
        if (isMiniMaxM3(reasoning) || isMiniMaxM3(toolCall)) {
            throw new ModelLoadException(
                    ModelLoadException.Part.TEMPLATE,
                    "parser: " + (isMiniMaxM3(reasoning) ? reasoning : toolCall)
                            + " (expected: a model without thinking rules of its own)");
        }
        String format = prompt.toolCallArgumentsFormat();
        boolean objects = format != null && format.toLowerCase(Locale.ROOT).equals("json_object");
        return new ChatRules(
                prompt.excludeToolsWhenToolChoiceNone(),
                objects || "glm47".equals(toolCall),
                reasoning,
                thinksByDefault(prompt.defaultThinkingMode()));
    }

    private static @Nullable Boolean thinksByDefault(@Nullable String mode) {
        return "enabled".equals(mode) ? Boolean.TRUE : "disabled".equals(mode) ? Boolean.FALSE : null;
    }

    private static boolean isMiniMaxM3(@Nullable String parser) {
        return parser != null && MINIMAX_M3.contains(parser);
    }

    Map<String, @Nullable Object> templateArgs(Prompt.Chat chat) {
        Map<String, @Nullable Object> args = chat.templateArgs();
        if (chat.thinksByParser() && reasoningParser != null) {
            args = Json.copy(args);
            args.putIfAbsent("enable_thinking", true);
            args.putIfAbsent("truncate_history_thinking", false);
        }
        return ThinkingAliases.applied(ThinkingAliases.withDefault(args, thinksByDefault), reasoningParser);
    }

    List<Map<String, @Nullable Object>> messages(List<Map<String, @Nullable Object>> messages) {
        return objectArguments ? ObjectArguments.applied(messages) : messages;
    }
}
