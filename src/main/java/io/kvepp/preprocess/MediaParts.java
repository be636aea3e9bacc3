package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.inference.Prompt.GivenChat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Images, videos and audio in messages.
///
/// Thread-safe.
final class MediaParts {
    /// Stands for something that is no text (U+FFFC, object replacement character).
    private static final String REPLACEMENT = "\uFFFC";

    private static final String CONTENT = "content";
    private static final List<String> TYPES = List.of("image_url", "video_url", "audio_url", "input_audio");

    private MediaParts() {}

    /// The same chat with a text in the place of the first part that is none.
    static Prompt.Chat firstReplaced(Prompt.Chat chat) {
        GivenChat given = chat.given();
        return chat.withMessages(
                firstReplaced(chat.messages()),
                given == null
                        ? null
                        : new GivenChat(firstReplaced(given.messages()), given.tools(), given.templateArgs()));
    }

    private static List<Map<String, @Nullable Object>> firstReplaced(List<Map<String, @Nullable Object>> given) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>(given);
        for (int i = 0; i < messages.size(); i++) {
            List<@Nullable Object> parts = Json.array(messages.get(i).get(CONTENT));
            int first = parts == null ? -1 : firstMedium(parts);
            if (parts != null && first >= 0) {
                List<@Nullable Object> replaced = new ArrayList<>(parts);
                replaced.set(first, Json.textPart(REPLACEMENT));
                Map<String, @Nullable Object> message = Json.copy(messages.get(i));
                message.put(CONTENT, replaced);
                messages.set(i, message);
                break;
            }
        }
        return messages;
    }

    private static int firstMedium(List<@Nullable Object> parts) {
        for (int i = 0; i < parts.size(); i++) {
            Map<String, @Nullable Object> part = Json.object(parts.get(i));
            if (part != null && part.get("type") instanceof String type && TYPES.contains(type)) {
                return i;
            }
        }
        return -1;
    }
}
