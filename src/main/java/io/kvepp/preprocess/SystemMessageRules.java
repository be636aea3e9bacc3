package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reshapes conversations for templates that refuse a late system message or two user messages in a
/// row.
///
/// Thread-safe.
final class SystemMessageRules {
    private SystemMessageRules() {}

    /// `messages` are copies that may be changed.
    static List<Map<String, @Nullable Object>> apply(
            List<Map<String, @Nullable Object>> messages, TemplateTraits traits) {
        List<Map<String, @Nullable Object>> result = messages;
        if (traits.leadingSystemOnly()) {
            result = leadingSystemOnly(result);
        }
        return traits.alternatingUsersOnly() ? mergedUsers(result) : result;
    }

    /// The leading system messages become one; later ones become user messages where they stand.
    private static List<Map<String, @Nullable Object>> leadingSystemOnly(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> result = new ArrayList<>(messages.size());
        boolean leading = true;
        for (Map<String, @Nullable Object> message : messages) {
            boolean system = hasRole(message, "system");
            leading &= system;
            if (leading && !result.isEmpty()) {
                append(result.getFirst(), message);
                continue;
            }
            if (system && !leading) {
                message.put("role", "user");
            }
            result.add(message);
        }
        return result;
    }

    private static List<Map<String, @Nullable Object>> mergedUsers(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> result = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            if (hasRole(message, "user") && !result.isEmpty() && hasRole(result.getLast(), "user")) {
                append(result.getLast(), message);
            } else {
                result.add(message);
            }
        }
        return result;
    }

    private static boolean hasRole(Map<String, @Nullable Object> message, String role) {
        return role.equals(message.get("role"));
    }

    private static void append(Map<String, @Nullable Object> target, Map<String, @Nullable Object> source) {
        Object content = Json.swapRemove(target, "content");
        target.put("content", merged(content, source.get("content")));
    }

    private static @Nullable Object merged(@Nullable Object target, @Nullable Object source) {
        if (target == null) {
            return source;
        }
        if (target instanceof String first && source instanceof String second) {
            return first.isEmpty() || second.isEmpty() ? first + second : first + "\n\n" + second;
        }
        List<@Nullable Object> parts = new ArrayList<>();
        addParts(parts, target);
        addParts(parts, source);
        return parts;
    }

    private static void addParts(List<@Nullable Object> parts, @Nullable Object content) {
        List<@Nullable Object> array = Json.array(content);
        if (array != null) {
            parts.addAll(array);
        } else if (content instanceof String text && !text.isEmpty()) {
            parts.add(Json.textPart(text));
        }
    }
}
