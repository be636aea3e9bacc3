package io.kvepp.inference.openai;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatMessages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The content of a message: a text, or parts in the form templates see them.
///
/// Of a part with an address only its type is kept: that is all a template is shown.
///
/// Confined to one message.
final class ContentParts {
    private static final Shape ADDRESS = Shape.object()
            .with("url", Shape.TEXT)
            .maybe("detail", Shape.words("auto", "low", "high", "original"))
            .maybe("uuid", Shape.TEXT);
    private static final Shape AUDIO =
            Shape.object().with("data", Shape.TEXT).with("format", Shape.words("wav", "mp3"));

    private static final String BREAKPOINT = "prompt_cache_breakpoint";
    private static final Map<String, Object> EXPLICIT = Map.of("mode", "explicit");
    private static final int MEMBERS_MIN = 2;

    private final List<String> types;
    private boolean media;

    /// `types`: those that the message's role allows.
    ContentParts(List<String> types) {
        this.types = types;
    }

    boolean media() {
        return media;
    }

    /// The content of a message, null when it is missing or null.
    @Nullable
    Object content(Fields message) throws MalformedBodyException, UnsupportedBodyException {
        Object content = message.any(ChatMessages.CONTENT);
        if (content == null || content instanceof String) {
            return content;
        }
        List<@Nullable Object> parts = Fields.asList(content);
        if (parts == null) {
            throw MalformedBodyException.type(message.where() + "content", "another type", "a text or a list of parts");
        }
        List<@Nullable Object> typed = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            String name = message.where() + "content[" + i + "]";
            if (parts.get(i) instanceof List<?> members && members.size() < MEMBERS_MIN) {
                throw MalformedBodyException.type(name, "a list in the place of an object", "an object");
            }
            typed.add(part(Fields.of(parts.get(i), name)));
        }
        return typed;
    }

    private Map<String, @Nullable Object> part(Fields part) throws MalformedBodyException, UnsupportedBodyException {
        String type = part.tag("type", types);
        return switch (type) {
            case "text", "refusal" -> {
                Map<String, @Nullable Object> text = ChatMessages.textPart(type, part.requiredText(type));
                if (part.any(BREAKPOINT) != null) {
                    text.put(BREAKPOINT, breakpoint(part.any(BREAKPOINT)));
                }
                yield text;
            }
            case "input_audio" -> {
                part.required(part.any(type), type, "an object");
                part.check(type, AUDIO);
                yield mediaPart(type);
            }
            default -> {
                address(part, type);
                yield mediaPart(type);
            }
        };
    }

    /// The only form in use; templates see it.
    private static Object breakpoint(@Nullable Object value) throws UnsupportedBodyException {
        if (!EXPLICIT.equals(value)) {
            throw UnsupportedBodyException.form("another cache breakpoint than an explicit one");
        }
        return EXPLICIT;
    }

    /// An address may be absent; an empty one counts as absent.
    private static void address(Fields part, String type) throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> address = Fields.asObject(part.any(type));
        if (address != null && "".equals(address.get("url"))) {
            return;
        }
        part.check(type, ADDRESS);
        part.check("uuid", Shape.TEXT);
        if (address != null && address.get("url") instanceof String url) {
            String fault = MediaUrl.fault(url);
            if (fault != null) {
                throw MalformedBodyException.type(part.where() + type + ".url", fault, "an absolute URL");
            }
        }
    }

    private Map<String, @Nullable Object> mediaPart(String type) {
        media = true;
        return ChatMessages.mediaPart(type);
    }
}
