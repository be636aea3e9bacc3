package io.kvepp.preprocess;

import io.kvepp.inference.json.WhiteSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Leaves the last message of a rendered chat open, so that the model goes on with it: the text is
/// marked before rendering, and what the template puts behind the mark is cut off.
///
/// Thread-safe.
final class FinalMessage {
    /// Seen by templates, and therefore the frontend's own: they may trim or measure it.
    private static final String MARK = "CONTINUE_FINAL_MESSAGE_TAG ";

    private FinalMessage() {}

    /// Copies of the messages, the last one marked when it has a text.
    static List<Map<String, @Nullable Object>> marked(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> result = new ArrayList<>(messages);
        Map<String, @Nullable Object> last = Json.copy(result.removeLast());
        Object content = last.get("content");
        List<@Nullable Object> parts = Json.array(content);
        if (content instanceof String text && !text.isEmpty()) {
            last.put("content", text + MARK);
        } else if (parts != null) {
            last.put("content", markedParts(parts));
        }
        result.add(last);
        return result;
    }

    /// The prompt up to the mark. One without is refused, as the frontend does.
    static RenderedPrompt cut(RenderedPrompt prompt) throws ChatRefusedException {
        String rendered = prompt.text();
        int mark = rendered.lastIndexOf(MARK.stripTrailing());
        if (mark < 0) {
            throw new ChatRefusedException("messages: the final message to continue is not in the rendered chat");
        }
        // A template that trims the message has trimmed the space of the mark as well.
        boolean whole = rendered.startsWith(MARK, mark);
        return prompt.truncated(
                whole ? mark : WhiteSpace.trimEnd(rendered.substring(0, mark)).length());
    }

    private static List<@Nullable Object> markedParts(List<@Nullable Object> parts) {
        List<@Nullable Object> result = new ArrayList<>(parts);
        for (int i = result.size() - 1; i >= 0; i--) {
            Map<String, @Nullable Object> part = Json.object(result.get(i));
            if (part != null && part.get("text") instanceof String text && !text.isEmpty()) {
                Map<String, @Nullable Object> copy = Json.copy(part);
                copy.put("text", text + MARK);
                result.set(i, copy);
                break;
            }
        }
        return result;
    }
}
