package io.kvepp.inference.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The content of a message: a text, or parts in the form templates see them.
///
/// Of a part with an address only its type is kept: that is all a template is shown.
///
/// Confined to one call.
final class ContentParts {
    private boolean media;

    boolean media() {
        return media;
    }

    /// The content of a message, null when it is missing or null.
    @Nullable
    Object content(Map<String, @Nullable Object> message) throws UnsupportedBodyException {
        Object content = message.get("content");
        if (content == null || content instanceof String) {
            return content;
        }
        List<@Nullable Object> parts = Fields.required(Fields.asArray(content), "content");
        List<@Nullable Object> typed = new ArrayList<>(parts.size());
        for (Object part : parts) {
            typed.add(part(Fields.required(Fields.asObject(part), "part")));
        }
        return typed;
    }

    private Map<String, @Nullable Object> part(Map<String, @Nullable Object> part) throws UnsupportedBodyException {
        String type = Fields.requiredString(part, "type");
        TypedObject typed = new TypedObject(part);
        typed.put("type", type);
        switch (type) {
            case "text", "refusal" -> {
                if (part.get("prompt_cache_breakpoint") != null) {
                    throw new UnsupportedBodyException("a part with a cache breakpoint");
                }
                typed.put(type, Fields.requiredString(part, type));
            }
            case "image_url", "video_url", "audio_url", "input_audio" -> media = true;
            default -> throw new UnsupportedBodyException("part of another type");
        }
        return typed.result();
    }
}
