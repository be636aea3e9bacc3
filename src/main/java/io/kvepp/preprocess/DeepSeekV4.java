package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The prompts of DeepSeek V4.
///
/// Results of calls are part of the user's turn, in the order of the calls. Earlier thoughts are
/// left out unless there are tools or the request keeps them. How hard to think is said first.
///
/// Immutable.
final class DeepSeekV4 implements ChatFormat {
    private static final DeepSeekV4Tags TAGS = new DeepSeekV4Tags("tool_calls", "invoke", "parameter", false);
    private static final Set<String> KEPT_ROLES = Set.of("user", "system", "tool");
    private static final String EFFORT_HIGH = """
            Reasoning Effort: Absolute maximum with no shortcuts permitted.
            You MUST be very thorough in your thinking and comprehensively decompose the problem to resolve the root \
            cause, rigorously stress-testing your logic against all potential paths, edge cases, and adversarial \
            scenarios.
            Explicitly write out your entire deliberation process, documenting every intermediate step, considered \
            alternative, and rejected hypothesis to ensure absolutely no assumption is left unchecked.

            """;
    private static final String EFFORT_MAX = """
            Reasoning Effort: Beyond maximum — exhaustive, relentless, and uncompromising.
            You MUST reason with the utmost depth and rigor, leaving absolutely nothing to chance: exhaustively \
            decompose the problem into its most fundamental components, trace every causal chain to its root, and \
            resolve the underlying cause rather than any surface symptom.
            Do not stop reasoning until you have independently verified the solution from multiple angles and are \
            certain that no assumption remains unchecked and no error remains undiscovered.

            """;

    @Override
    public String name() {
        return "DeepSeek V4";
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        ChatRefusedException.checkPlain(chat);
        Map<String, @Nullable Object> args = chat.templateArgs();
        boolean thinking = Thinking.on(args) && !"none".equals(args.get("reasoning_effort"));
        List<DeepSeekTurn> turns = CallOrder.applied(DeepSeekTurn.of(withRequestRules(chat)));
        boolean drops = !Boolean.FALSE.equals(args.get("drop_thinking"))
                && turns.stream().allMatch(turn -> turn.tools() == null);
        if (thinking && drops) {
            turns = withoutEarlierThoughts(turns);
        }
        DeepSeekV4Writer writer = new DeepSeekV4Writer(TAGS, turns, lastUser(turns), thinking, drops);
        if (thinking && !turns.isEmpty()) {
            writer.append(effort(args));
        }
        for (int i = 0; i < turns.size(); i++) {
            turn(writer, turns.get(i), i);
        }
        return RenderedPrompt.of(writer.text());
    }

    private static void turn(DeepSeekV4Writer writer, DeepSeekTurn turn, int index)
            throws ChatRefusedException, JinjaRenderException {
        switch (turn.role()) {
            case "system" -> writer.instructions(turn);
            case "user" -> writer.user(turn);
            case "developer" -> {
                if (turn.text().isEmpty()) {
                    throw new ChatRefusedException("messages: an empty developer message (expected: a text)");
                }
                writer.append(DeepSeekText.USER);
                writer.instructions(turn);
            }
            case "assistant" -> writer.assistant(turn, index);
            default -> throw new ChatRefusedException("messages: a role the model does not know");
        }
        if (turn.isUser() || turn.role().equals("developer")) {
            writer.openAnswer(index);
        }
    }

    private static String effort(Map<String, @Nullable Object> args) {
        return switch (String.valueOf(args.get("reasoning_effort"))) {
            case "low", "minimal" -> "";
            case "max" -> EFFORT_MAX;
            default -> EFFORT_HIGH;
        };
    }

    /// The messages with text for content, the first system message with the tools and the form of
    /// the answer.
    private static List<Map<String, @Nullable Object>> withRequestRules(Prompt.Chat chat) {
        List<Map<String, @Nullable Object>> messages =
                new ArrayList<>(chat.messages().size() + 1);
        Map<String, @Nullable Object> system = null;
        for (Map<String, @Nullable Object> message : chat.messages()) {
            Map<String, @Nullable Object> copy = Json.copy(message);
            copy.put("content", DeepSeekText.visible(message.get("content")));
            messages.add(copy);
            system = system == null && "system".equals(message.get("role")) ? copy : system;
        }
        List<@Nullable Object> tools = chat.toolChoiceNone() ? null : chat.tools();
        if (tools == null && chat.responseFormat() == null) {
            return messages;
        }
        if (system == null) {
            system = new LinkedHashMap<>(Map.of("role", "system"));
            messages.addFirst(system);
        }
        if (tools != null) {
            system.put("tools", tools);
        }
        if (chat.responseFormat() != null) {
            system.put("response_format", chat.responseFormat());
        }
        return messages;
    }

    /// Roles that only matter for the answer to come vanish with the thoughts.
    private static List<DeepSeekTurn> withoutEarlierThoughts(List<DeepSeekTurn> turns) {
        int last = lastUser(turns);
        List<DeepSeekTurn> kept = new ArrayList<>(turns.size());
        for (int i = 0; i < turns.size(); i++) {
            DeepSeekTurn turn = turns.get(i);
            if (last < 0 || i >= last || KEPT_ROLES.contains(turn.role())) {
                kept.add(turn);
            } else if (turn.role().equals("assistant")) {
                kept.add(turn.withoutReasoning());
            }
        }
        return kept;
    }

    private static int lastUser(List<DeepSeekTurn> turns) {
        int last = turns.size() - 1;
        while (last >= 0 && !turns.get(last).isUser() && !turns.get(last).role().equals("developer")) {
            last--;
        }
        return last;
    }
}
