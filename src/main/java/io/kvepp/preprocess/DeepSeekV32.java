package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// The prompts of DeepSeek V3.2.
///
/// A user's turn opens the answer at once, with thoughts only after the last one; tools and the
/// form of the answer stand in the first system message; the results of one round of calls are gathered.
///
/// Immutable.
final class DeepSeekV32 implements ChatFormat {
    private static final String TOOLS = """
            ## Tools

            You have access to a set of tools you can use to answer the user's question.
            You can invoke functions by writing a "<｜DSML｜function_calls>" block like the following as part of your \
            reply to the user:
            <｜DSML｜function_calls>
            <｜DSML｜invoke name="$FUNCTION_NAME">
            <｜DSML｜parameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</｜DSML｜parameter>
            ...
            </｜DSML｜invoke>
            <｜DSML｜invoke name="$FUNCTION_NAME2">
            ...
            </｜DSML｜invoke>
            </｜DSML｜function_calls>

            String and scalar parameters should be specified as is without any escaping or quotes, while lists and \
            objects should use JSON format. The "string" attribute should be set to "true" for string type \
            parameters and "false" for other types (numbers, booleans, arrays, objects).

            If the thinking_mode is enabled, then after function results you should strongly consider outputting a \
            thinking block. Here is an example:

            <｜DSML｜function_calls>
            ...
            </｜DSML｜function_calls>

            <function_results>
            ...
            </function_results>

            <think>...thinking about results</think>

            Here are the functions available in JSONSchema format:
            <functions>
            %s
            </functions>
            """;

    @Override
    public String name() {
        return "DeepSeek V3.2";
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        ChatRefusedException.checkPlain(chat);
        List<Map<String, @Nullable Object>> messages = withRequestRules(chat);
        return RenderedPrompt.of(new Writer(messages, Thinking.on(chat.templateArgs())).write());
    }

    /// Copies of the messages, the first system message with the tools and the form of the answer.
    private static List<Map<String, @Nullable Object>> withRequestRules(Prompt.Chat chat) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>(chat.messages());
        List<@Nullable Object> tools = chat.toolChoiceNone() ? null : chat.tools();
        if (tools == null && chat.responseFormat() == null) {
            return messages;
        }
        int index = 0;
        while (index < messages.size() && !"system".equals(messages.get(index).get("role"))) {
            index++;
        }
        if (index == messages.size()) {
            index = 0;
            messages.addFirst(Map.of("role", "system", "content", ""));
        }
        Map<String, @Nullable Object> system = new LinkedHashMap<>(messages.get(index));
        if (tools != null) {
            system.put("tools", tools);
        }
        if (chat.responseFormat() != null) {
            system.put("response_format", chat.responseFormat());
        }
        messages.set(index, system);
        return messages;
    }

    /// Writes one prompt.
    ///
    /// Confined to one call.
    private static final class Writer {
        private final List<Map<String, @Nullable Object>> messages;
        private final boolean thinking;
        private final int lastUser;
        private final StringBuilder out = new StringBuilder(DeepSeekText.BEGIN);

        Writer(List<Map<String, @Nullable Object>> messages, boolean thinking) {
            this.messages = messages;
            this.thinking = thinking;
            int last = messages.size() - 1;
            while (last >= 0 && !isUser(messages.get(last))) {
                last--;
            }
            this.lastUser = last;
        }

        private static boolean isUser(Map<String, @Nullable Object> message) {
            return "user".equals(message.get("role")) || "developer".equals(message.get("role"));
        }

        String write() throws ChatRefusedException, JinjaRenderException {
            for (int i = 0; i < messages.size(); i++) {
                Map<String, @Nullable Object> message = messages.get(i);
                String content = DeepSeekText.visible(message.get("content"));
                String text = content == null ? "" : content;
                switch (String.valueOf(message.get("role"))) {
                    case "system" -> system(message, text);
                    case "user" -> user(i, text);
                    case "developer" -> user(i, "\n\n# The user's message is: " + text);
                    case "assistant" -> assistant(i, message, text);
                    case "tool" -> result(i, text);
                    default -> throw new ChatRefusedException("messages: a role the model does not know");
                }
            }
            return out.toString();
        }

        private void system(Map<String, @Nullable Object> message, String text) throws JinjaRenderException {
            out.append(text);
            List<@Nullable Object> tools = Json.array(message.get("tools"));
            if (tools != null) {
                out.append("\n\n").append(DeepSeekText.tools(TOOLS, tools));
            }
            Object format = message.get("response_format");
            if (format != null) {
                out.append("\n\n").append(DeepSeekText.responseFormat(format));
            }
        }

        private void user(int index, String text) {
            out.append(DeepSeekText.USER).append(text).append(DeepSeekText.ASSISTANT);
            out.append(index == lastUser && thinking ? DeepSeekText.THINK : DeepSeekText.END_THINK);
        }

        private void assistant(int index, Map<String, @Nullable Object> message, String text)
                throws ChatRefusedException, JinjaRenderException {
            // The question before it has opened the thoughts.
            String thoughts = thinking && lastUser >= 0 && index > lastUser ? thoughts(message) : "";
            if (!thoughts.isEmpty()) {
                out.append(thoughts).append(DeepSeekText.END_THINK);
            }
            out.append(text);
            List<@Nullable Object> calls = Json.array(message.get("tool_calls"));
            if (calls != null && !calls.isEmpty()) {
                out.append("\n\n<｜DSML｜function_calls>\n");
                for (Object call : calls) {
                    call(ToolCall.of(call));
                }
                out.append("</｜DSML｜function_calls>");
            }
            out.append(DeepSeekText.END);
        }

        private void call(ToolCall call) throws ChatRefusedException, JinjaRenderException {
            out.append("<｜DSML｜invoke name=\"").append(call.name()).append("\">\n");
            out.append(DeepSeekText.parameters("｜DSML｜parameter", DeepSeekText.arguments(call.arguments())));
            out.append("\n</｜DSML｜invoke>\n");
        }

        private static String thoughts(Map<String, @Nullable Object> message) {
            Object reasoning = message.get("reasoning_content");
            List<@Nullable Object> segments = Json.array(reasoning);
            if (segments == null) {
                return reasoning instanceof String text ? text : "";
            }
            StringJoiner joined = new StringJoiner("\n");
            for (Object segment : segments) {
                if (segment instanceof String text && !text.isEmpty()) {
                    joined.add(text);
                }
            }
            return joined.toString();
        }

        private void result(int index, String text) {
            int number = 1;
            int asked = index - 1;
            while (asked >= 0 && !"assistant".equals(messages.get(asked).get("role"))) {
                number += "tool".equals(messages.get(asked).get("role")) ? 1 : 0;
                asked--;
            }
            out.append(number == 1 ? "\n\n<function_results>" : "");
            out.append("\n<result>").append(text).append("</result>");
            List<@Nullable Object> calls =
                    asked < 0 ? null : Json.array(messages.get(asked).get("tool_calls"));
            if (asked >= 0 && number == (calls == null ? 0 : calls.size())) {
                boolean think = thinking && lastUser >= 0 && index >= lastUser;
                out.append("\n</function_results>\n\n").append(think ? DeepSeekText.THINK : DeepSeekText.END_THINK);
            }
        }
    }
}
