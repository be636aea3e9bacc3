package io.kvepp.preprocess;

import io.kvepp.inference.ToolChoice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The tools of a Kimi K3 chat: those of the request and those that system messages bring, all with
/// names of their own.
///
/// Thread-safe.
final class KimiK3Tools {
    private static final int NAME_CHARS_MAX = 256;
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0," + (NAME_CHARS_MAX - 1) + "}");
    private static final Comparator<String> BY_CODE_POINTS =
            (left, right) -> Arrays.compareUnsigned(utf8(left), utf8(right));

    private KimiK3Tools() {}

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void check(
            @Nullable List<@Nullable Object> tools,
            List<Map<String, @Nullable Object>> messages,
            @Nullable ToolChoice choice)
            throws ChatRefusedException {
        Set<String> names = new HashSet<>();
        addNames(names, tools);
        for (Map<String, @Nullable Object> message : messages) {
            addNames(names, Json.array(message.get("tools")));
        }
        if (choice != null && choice.function() != null && !names.contains(choice.function())) {
            throw new ChatRefusedException("tool_choice: an unknown name (expected: the name of a tool)");
        }
    }

    private static void addNames(Set<String> names, @Nullable List<@Nullable Object> tools)
            throws ChatRefusedException {
        for (Object tool : tools == null ? List.of() : tools) {
            if (!names.add(name(Json.object(tool)))) {
                throw new ChatRefusedException("tools: a name given twice (expected: names of their own)");
            }
        }
    }

    /// A tool is a function, or one wrapped with its type.
    private static String name(@Nullable Map<String, @Nullable Object> tool) throws ChatRefusedException {
        Map<String, @Nullable Object> function = tool;
        if (tool != null && (tool.containsKey("type") || tool.containsKey("function"))) {
            function = "function".equals(tool.get("type")) ? Json.object(tool.get("function")) : null;
        }
        if (function == null
                || !(function.get("name") instanceof String name)
                || !NAME.matcher(name).matches()) {
            throw new ChatRefusedException(
                    "tools: no function with a name (expected: letters, digits, _ and -, at most " + NAME_CHARS_MAX
                            + ", not a digit or - first)");
        }
        return name;
    }

    /// The value with the keys of all its objects in order.
    static @Nullable Object sorted(@Nullable Object value) {
        List<@Nullable Object> array = Json.array(value);
        if (array != null) {
            List<@Nullable Object> copy = new ArrayList<>(array.size());
            array.forEach(element -> copy.add(sorted(element)));
            return copy;
        }
        Map<String, @Nullable Object> object = Json.object(value);
        if (object == null) {
            return value;
        }
        TreeMap<String, @Nullable Object> entries = new TreeMap<>(BY_CODE_POINTS);
        entries.putAll(object);
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        entries.forEach((key, element) -> copy.put(key, sorted(element)));
        return copy;
    }
}
