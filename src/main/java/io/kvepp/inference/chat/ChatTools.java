package io.kvepp.inference.chat;

import io.kvepp.inference.ToolChoice;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.json.WhiteSpace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Tool definitions and the choice among them.
///
/// Thread-safe.
public final class ChatTools {
    private static final int TOOLS_MAX = 1536;
    private static final int NAME_BYTES_MAX = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]*");

    private ChatTools() {}

    /// The choice a word stands for; null when it is none of the words.
    public static @Nullable ToolChoice choice(String word) {
        return switch (word) {
            case "none" -> ToolChoice.of(ToolChoice.Kind.NONE);
            case "auto" -> ToolChoice.of(ToolChoice.Kind.AUTO);
            case "required" -> ToolChoice.of(ToolChoice.Kind.REQUIRED);
            default -> null;
        };
    }

    /// A definition as templates see it; what is null is left out.
    public static Map<String, @Nullable Object> definition(
            String name, @Nullable Object description, @Nullable Object parameters, @Nullable Object strict) {
        Map<String, @Nullable Object> function = ChatMessages.object();
        function.put("name", name);
        put(function, "description", description);
        put(function, "parameters", parameters);
        put(function, "strict", strict);
        Map<String, @Nullable Object> tool = ChatMessages.object();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }

    private static void put(Map<String, @Nullable Object> object, String name, @Nullable Object value) {
        if (value != null) {
            object.put(name, value);
        }
    }

    /// Refuses too many tools, odd names, parameters that cannot be strict, and a choice that no
    /// tool satisfies.
    ///
    /// System messages may bring tools of their own, which count as well.
    static void check(
            @Nullable List<@Nullable Object> tools,
            List<Map<String, @Nullable Object>> messages,
            @Nullable ToolChoice choice,
            ValueChecks values)
            throws MalformedBodyException, UnsupportedBodyException {
        List<@Nullable Object> defined = new ArrayList<>(tools == null ? List.of() : tools);
        for (Map<String, @Nullable Object> message : messages) {
            List<@Nullable Object> own = Fields.asList(message.get("tools"));
            defined.addAll(own == null ? List.of() : own);
        }
        if (tools != null && defined.isEmpty()) {
            throw values.refused("tools", "tools array cannot be empty; omit the field entirely to disable tool use");
        }
        if (defined.size() > TOOLS_MAX) {
            throw values.refused("tools", "Maximum of " + TOOLS_MAX + " tools are supported, got " + defined.size());
        }
        String named = choice == null ? null : choice.function();
        boolean found = named == null;
        for (int i = 0; i < defined.size(); i++) {
            Map<String, @Nullable Object> function = function(defined.get(i));
            String name = String.valueOf(function.get("name"));
            checkFunction(i, name, function.get("parameters"), values);
            checkStrict(name, function.get("parameters"), Boolean.TRUE.equals(function.get("strict")), values);
            found |= name.equals(named);
        }
        if (choice != null && choice.kind() == ToolChoice.Kind.REQUIRED && defined.isEmpty()) {
            throw values.refused("tool_choice", "tool_choice is \"required\" but tools is empty");
        }
        if (!found) {
            throw values.refused("tool_choice", "tool named \"" + named + "\" in tool_choice is not present in tools");
        }
    }

    /// Refuses a function that is to be called strictly by parameters that do not allow it.
    public static void checkStrict(String name, @Nullable Object parameters, boolean strict, ValueChecks values)
            throws MalformedBodyException, UnsupportedBodyException {
        if (strict && parameters != null) {
            StrictSchema.check(name, parameters, values);
        }
    }

    private static void checkFunction(int index, String name, @Nullable Object parameters, ValueChecks values)
            throws MalformedBodyException {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > NAME_BYTES_MAX) {
            throw values.refused(
                    "tools",
                    "Function name at index " + index + " exceeds " + NAME_BYTES_MAX + " character limit, got " + bytes
                            + " characters");
        }
        if (WhiteSpace.isAll(name)) {
            throw values.refused("tools", "Function name at index " + index + " cannot be empty");
        }
        if (!NAME.matcher(name).matches()) {
            throw values.refused(
                    "tools",
                    "Function at index " + index + " has an invalid name: \"" + name
                            + "\". Only a-z, A-Z, 0-9, underscores, and dashes are allowed.");
        }
        if (parameters != null && !(parameters instanceof Map)) {
            throw values.refused(
                    "tools",
                    "Function parameters at index " + index + " for \"" + name + "\" must be a JSON Schema object");
        }
    }

    private static Map<String, @Nullable Object> function(@Nullable Object tool) {
        Map<String, @Nullable Object> definition = Fields.asObject(tool);
        if (definition == null) {
            return Map.of();
        }
        Map<String, @Nullable Object> function = Fields.asObject(definition.get("function"));
        return function == null ? definition : function;
    }
}
