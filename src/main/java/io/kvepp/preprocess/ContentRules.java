package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// Gives content the shape a template takes: a text, or parts.
///
/// - `parts`: the template takes parts only
/// - `imagePlaceholder`: what stands for an image in a text, null to leave mixed parts alone
///
/// Immutable.
record ContentRules(boolean parts, @Nullable String imagePlaceholder) {
    private static final Map<String, String> MEDIA =
            Map.of("image_url", "image", "video_url", "video", "audio_url", "audio");

    /// `message` is a copy that may be changed.
    void apply(Map<String, @Nullable Object> message) {
        Object content = message.get("content");
        List<@Nullable Object> array = Json.array(content);
        if (content instanceof String text && parts) {
            message.put("content", List.of(Json.textPart(text)));
        } else if (array != null) {
            message.put("content", content(array));
        }
    }

    private Object content(List<@Nullable Object> array) {
        List<@Nullable Object> shown = new ArrayList<>(array.size());
        for (Object part : array) {
            Map<String, @Nullable Object> object = Json.object(part);
            String medium = object != null && object.get("type") instanceof String type ? MEDIA.get(type) : null;
            shown.add(medium == null ? part : Map.of("type", medium));
        }
        // An empty list stays one: templates tell it from an empty text.
        if (parts || shown.isEmpty()) {
            return shown;
        }
        if (shown.stream().allMatch(Json::isTextPart)) {
            return joined(shown);
        }
        return imagePlaceholder == null ? shown : flattened(shown, imagePlaceholder);
    }

    private static String joined(List<@Nullable Object> texts) {
        StringJoiner joined = new StringJoiner("\n");
        for (Object part : texts) {
            joined.add(text(part));
        }
        return joined.toString();
    }

    private static String flattened(List<@Nullable Object> mixed, String placeholder) {
        StringBuilder out = new StringBuilder();
        int number = 1;
        for (Object part : mixed) {
            if (Json.isTextPart(part)) {
                out.append(text(part));
            } else {
                out.append(placeholder.replace("{n}", Integer.toString(number++)));
            }
        }
        return out.toString();
    }

    private static String text(@Nullable Object part) {
        Map<String, @Nullable Object> object = Json.object(part);
        return object != null && object.get("text") instanceof String text ? text : "";
    }
}
