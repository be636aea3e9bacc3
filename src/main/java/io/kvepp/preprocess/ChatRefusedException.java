package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The chat cannot be written in the model's format, so that the frontend answers 400; the message
/// is for the client and quotes nothing of the prompt.
final class ChatRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    ChatRefusedException(String message) {
        super(message, null, false, false);
    }

    /// Refuses what only few formats know: tools on a message, and an answer marked as partial.
    static void checkPlain(Prompt.Chat chat) throws ChatRefusedException {
        for (Map<String, @Nullable Object> message : chat.messages()) {
            List<@Nullable Object> tools = Json.array(message.get("tools"));
            if (tools != null && !tools.isEmpty()) {
                throw new ChatRefusedException("messages: tools on a message (expected: tools of the request)");
            }
            if (Boolean.TRUE.equals(message.get("partial"))) {
                throw new ChatRefusedException("messages: a partial message (expected: complete messages)");
            }
        }
    }
}
