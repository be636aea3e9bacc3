package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The prompts of DeepSeek V4.1: V4 with a token before each system message, a number for how hard
/// to think, images, and late system messages that are answered like a user's.
///
/// Immutable.
final class DeepSeekV41 implements ChatFormat {
    private static final DeepSeekV4Tags TAGS = new DeepSeekV4Tags(" calls", " invoke", " parameter", true);
    private static final String IMAGE = "<｜deepseek_image｜>";
    private static final int EFFORT_LOW = 50;
    private static final int EFFORT_HIGH = 75;
    private static final int EFFORT_MAX = 100;

    @Override
    public String name() {
        return "DeepSeek V4.1";
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        ChatRefusedException.checkPlain(chat);
        Map<String, @Nullable Object> args = chat.templateArgs();
        int effort = effort(args.get("reasoning_effort"));
        boolean thinking = Thinking.on(args) && !"none".equals(args.get("reasoning_effort"));
        boolean dropsByRequest = dropsThoughts(args);
        List<DeepSeekTurn> turns = CallOrder.applied(DeepSeekTurn.of(withRequestRules(chat)));
        boolean drops = dropsByRequest && turns.stream().allMatch(turn -> turn.tools() == null);
        int lastUser = lastUser(turns);
        if (thinking && drops) {
            for (int i = 0; i < lastUser; i++) {
                turns.set(i, turns.get(i).withoutReasoning());
            }
        }
        DeepSeekV4Writer writer = new DeepSeekV4Writer(TAGS, turns, lastUser, thinking, drops);
        for (int i = 0; i < turns.size(); i++) {
            if (turns.get(i).role().equals("system") || (i == 0 && thinking)) {
                writer.append(DeepSeekText.SYSTEM);
            }
            if (i == 0 && thinking) {
                writer.append("Reasoning Effort: " + effort
                        + " (range 1-100, the higher the value, the more thorough the reasoning)\n\n");
            }
            turn(writer, turns.get(i), i);
        }
        return RenderedPrompt.of(writer.text());
    }

    private static void turn(DeepSeekV4Writer writer, DeepSeekTurn turn, int index)
            throws ChatRefusedException, JinjaRenderException {
        switch (turn.role()) {
            case "system" -> writer.instructions(turn);
            case "user" -> writer.user(turn);
            case "assistant" -> writer.assistant(turn, index);
            default -> throw new ChatRefusedException("messages: a role the model does not know");
        }
        if (turn.isUser() || (turn.role().equals("system") && index > 0)) {
            writer.openAnswer(index);
        }
    }

    private static int lastUser(List<DeepSeekTurn> turns) {
        int last = turns.size() - 1;
        while (last >= 0
                && !turns.get(last).isUser()
                && !(last > 0 && turns.get(last).role().equals("system"))) {
            last--;
        }
        return last;
    }

    private static int effort(@Nullable Object effort) throws ChatRefusedException {
        return switch (effort) {
            case null -> EFFORT_HIGH;
            case Long number when number >= 1 && number <= EFFORT_MAX -> number.intValue();
            case String word -> effort(word);
            default -> throw unknownEffort();
        };
    }

    private static int effort(String word) throws ChatRefusedException {
        return switch (word) {
            case "low" -> EFFORT_LOW;
            case "high", "none" -> EFFORT_HIGH;
            case "max" -> EFFORT_MAX;
            default -> throw unknownEffort();
        };
    }

    private static ChatRefusedException unknownEffort() {
        return new ChatRefusedException(
                "reasoning_effort: a value the model does not know (expected: none, low, high, max or 1 to 100)");
    }

    private static boolean dropsThoughts(Map<String, @Nullable Object> args) throws ChatRefusedException {
        if (!args.containsKey("drop_thinking")) {
            return true;
        }
        if (args.get("drop_thinking") instanceof Boolean drops) {
            return drops;
        }
        throw new ChatRefusedException("drop_thinking: no boolean (expected: true or false)");
    }

    /// The messages with text for content, developers as system; the first message, which is one of
    /// these, with the tools and the form of the answer.
    private static List<Map<String, @Nullable Object>> withRequestRules(Prompt.Chat chat) throws ChatRefusedException {
        List<Map<String, @Nullable Object>> messages =
                new ArrayList<>(chat.messages().size() + 1);
        for (Map<String, @Nullable Object> message : chat.messages()) {
            messages.add(plain(message));
        }
        List<@Nullable Object> tools = chat.toolChoiceNone() ? null : chat.tools();
        if (tools == null && chat.responseFormat() == null) {
            return messages;
        }
        if (!"system".equals(messages.getFirst().get("role"))) {
            messages.addFirst(new LinkedHashMap<>(Map.of("role", "system")));
        }
        if (tools != null) {
            messages.getFirst().put("tools", tools);
        }
        if (chat.responseFormat() != null) {
            messages.getFirst().put("response_format", chat.responseFormat());
        }
        return messages;
    }

    private static Map<String, @Nullable Object> plain(Map<String, @Nullable Object> message)
            throws ChatRefusedException {
        Map<String, @Nullable Object> plain = Json.copy(message);
        if ("developer".equals(message.get("role"))) {
            plain.put("role", "system");
        }
        if (message.get("reasoning_content") instanceof String reasoning) {
            checkNoImage(reasoning);
        }
        plain.put("content", content(message.get("content")));
        return plain;
    }

    private static String content(@Nullable Object content) throws ChatRefusedException {
        List<@Nullable Object> parts = Json.array(content);
        if (parts == null) {
            String text = content instanceof String words ? words : "";
            checkNoImage(text);
            return text;
        }
        List<String> texts = new ArrayList<>(parts.size());
        for (Object part : parts) {
            texts.add(part(Json.object(part)));
        }
        return String.join("\n\n", texts);
    }

    private static String part(@Nullable Map<String, @Nullable Object> part) throws ChatRefusedException {
        Object type = part == null ? null : part.get("type");
        if (part != null && "text".equals(type) && part.get("text") instanceof String text) {
            checkNoImage(text);
            return text;
        }
        if ("image_url".equals(type)) {
            return IMAGE;
        }
        throw new ChatRefusedException("messages: content of another type (expected: text and images)");
    }

    private static void checkNoImage(String text) throws ChatRefusedException {
        if (text.contains(IMAGE)) {
            throw new ChatRefusedException("messages: the mark of an image in a text (expected: images as parts)");
        }
    }
}
