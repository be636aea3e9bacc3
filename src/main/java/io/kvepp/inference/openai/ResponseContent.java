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

/// The content of an input item of a response: a text, or a list of parts.
///
/// Confined to one call.
final class ResponseContent {
    private static final String CONTENT = ChatMessages.CONTENT;
    private static final String INPUT_TEXT = "input_text";
    private static final String ENCRYPTED = "encrypted_content";
    private static final String EXPECTED = "a text or a list of parts";
    private static final List<String> PART_TYPES = List.of(INPUT_TEXT, "input_image", "input_file");
    private static final List<String> AGENT_PART_TYPES = List.of(INPUT_TEXT, ENCRYPTED);

    private boolean media;

    boolean media() {
        return media;
    }

    /// What a user says: a text, or parts when there are several or other ones.
    Object userContent(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object content = item.required(item.any(CONTENT), CONTENT, EXPECTED);
        if (content instanceof String) {
            return content;
        }
        List<Fields> parts = parts(item, CONTENT);
        if (parts.size() == 1 && isText(parts.getFirst())) {
            return parts.getFirst().requiredText("text");
        }
        return converted(parts);
    }

    /// The text of system messages, whose other parts are dropped.
    String text(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object content = item.required(item.any(CONTENT), CONTENT, EXPECTED);
        return content instanceof String text ? text : joined(parts(item, CONTENT));
    }

    /// The text of an earlier answer, refusals included; one of a typed item may be absent.
    String assistantText(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object content = item.any(CONTENT);
        if (content instanceof String text) {
            return text;
        }
        if (content == null) {
            if (item.any("type") == null) {
                throw MalformedBodyException.type(item.where() + CONTENT, "missing", EXPECTED);
            }
            return "";
        }
        List<@Nullable Object> list = item.list(CONTENT);
        if (list != null && !list.isEmpty() && item.any("type") != null && areOutputs(list)) {
            return outputText(list, item);
        }
        return joined(parts(item, CONTENT));
    }

    private static boolean areOutputs(List<@Nullable Object> parts) {
        return parts.stream()
                .allMatch(part -> part instanceof Map<?, ?> map
                        && ("output_text".equals(map.get("type")) || "refusal".equals(map.get("type"))));
    }

    private static String outputText(List<@Nullable Object> parts, Fields item)
            throws MalformedBodyException, UnsupportedBodyException {
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            Fields fields = Fields.lenient(part, item.where() + CONTENT);
            boolean refusal = "refusal".equals(fields.any("type"));
            if (!refusal && (fields.has("logprobs") || annotated(fields))) {
                throw UnsupportedBodyException.form("an output text with annotations or logprobs");
            }
            text.append(fields.requiredText(refusal ? "refusal" : "text"));
        }
        return text.toString();
    }

    private static boolean annotated(Fields part) throws MalformedBodyException {
        List<@Nullable Object> annotations = part.list("annotations");
        return annotations != null && !annotations.isEmpty();
    }

    /// What a function returned: a text, or parts when there are other ones.
    Object output(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object output = item.required(item.any("output"), "output", EXPECTED);
        if (output instanceof String) {
            return output;
        }
        List<Fields> parts = parts(item, "output");
        for (Fields part : parts) {
            if (!isText(part)) {
                return converted(parts);
            }
        }
        return joined(parts);
    }

    /// The text of a message of another agent.
    String agentText(Fields item) throws MalformedBodyException, UnsupportedBodyException {
        Object content = item.any(CONTENT);
        if (content == null || content instanceof String) {
            return content == null ? "" : content.toString();
        }
        List<String> texts = new ArrayList<>();
        for (Object part : item.required(item.list(CONTENT), CONTENT, EXPECTED)) {
            Fields fields = Fields.lenient(part, item.where() + CONTENT);
            texts.add(
                    fields.tag("type", AGENT_PART_TYPES).equals(INPUT_TEXT)
                            ? fields.requiredText("text")
                            : fields.requiredText(ENCRYPTED));
        }
        return String.join("\n", texts);
    }

    private static List<Fields> parts(Fields item, String name)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> list = item.required(item.list(name), name, EXPECTED);
        List<Fields> parts = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            Fields part = Fields.lenient(list.get(i), item.where() + name + "[" + i + "]");
            String type = part.tag("type", PART_TYPES);
            part.object().put("type", type);
            if (type.equals(INPUT_TEXT)) {
                part.requiredText("text");
            } else if (type.equals("input_image")) {
                part.check("detail", Shape.words("auto", "low", "high", "original"));
                part.check("file_id", Shape.TEXT);
                part.check("image_url", Shape.TEXT);
            }
            parts.add(part);
        }
        return parts;
    }

    private static boolean isText(Fields part) {
        return INPUT_TEXT.equals(part.object().get("type"));
    }

    private static String joined(List<Fields> parts) throws MalformedBodyException {
        StringBuilder text = new StringBuilder();
        for (Fields part : parts) {
            if (isText(part)) {
                text.append(part.requiredText("text"));
            }
        }
        return text.toString();
    }

    private List<@Nullable Object> converted(List<Fields> parts)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> result = new ArrayList<>(parts.size());
        for (Fields part : parts) {
            switch (part.requiredText("type")) {
                case INPUT_TEXT -> result.add(ChatMessages.textPart("text", part.requiredText("text")));
                case "input_image" -> {
                    checkImage(part);
                    media = true;
                    result.add(ChatMessages.mediaPart("image_url"));
                }
                default ->
                    throw MalformedBodyException.value(
                            "input",
                            "Validation: " + ResponsesApi.CONVERSION + "File input content is not yet supported");
            }
        }
        return result;
    }

    private static void checkImage(Fields part) throws MalformedBodyException, UnsupportedBodyException {
        String url = part.text("image_url");
        if (url == null) {
            throw MalformedBodyException.value(
                    "input", ResponsesApi.CONVERSION + "input_image requires file_id or image_url");
        }
        String fault = MediaUrl.fault(url);
        if (fault != null) {
            throw MalformedBodyException.value("input", ResponsesApi.CONVERSION + "Invalid image URL: " + fault);
        }
    }
}
