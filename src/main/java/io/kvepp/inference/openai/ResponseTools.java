package io.kvepp.inference.openai;

import io.kvepp.inference.ToolChoice;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatTools;
import io.kvepp.inference.chat.ValueChecks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The tools of a response and the choice among them, as those of a chat.
///
/// - `functions`: as the client defined them
/// - `converted`: those that may be called, null when there are none
///
/// Immutable.
record ResponseTools(
        List<Function> functions,
        @Nullable List<@Nullable Object> converted,
        @Nullable ToolChoice choice,
        ToolNames names) {
    private static final String NOT_SUPPORTED = "': the Chat Completions adapter supports only function tools and"
            + " none, auto, required, named function, or function-only allowed_tools choices";

    /// Kinds of tools and choices that the API has and the frontend does not serve.
    private static final Set<String> KNOWN = Set.of(
            "apply_patch",
            "code_interpreter",
            "computer",
            "computer_use",
            "computer_use_preview",
            "custom",
            "file_search",
            "image_generation",
            "local_shell",
            "mcp",
            "programmatic_tool_calling",
            "shell",
            "tool_search",
            "web_search",
            "web_search_2025_08_26",
            "web_search_preview",
            "web_search_preview_2025_03_11");

    static ResponseTools of(@Nullable List<@Nullable Object> tools, @Nullable Object choice, Object input)
            throws MalformedBodyException, UnsupportedBodyException {
        List<Function> functions = functions(tools == null ? List.of() : tools);
        ToolNames names =
                ToolNames.of(functions.stream().map(Function::identity).toList(), ResponseItems.calledTools(input));
        List<Map<String, @Nullable Object>> definitions = new ArrayList<>();
        for (Function function : functions) {
            definitions.add(ChatTools.definition(
                    names.encode(function.identity()), function.description, function.parameters, function.strict));
        }
        Set<String> allowed = allowed(choice, names, definitions);
        List<@Nullable Object> converted = new ArrayList<>();
        for (Map<String, @Nullable Object> definition : definitions) {
            if (allowed == null || allowed.contains(name(definition))) {
                converted.add(definition);
            }
        }
        return new ResponseTools(functions, converted.isEmpty() ? null : converted, choice(choice, names), names);
    }

    /// The check of strict functions, of which the conversion makes one of its own.
    void checkStrict(Fields fields) throws MalformedBodyException, UnsupportedBodyException {
        ValueChecks values = new ValueChecks(fields, ResponsesApi.CONVERSION);
        for (Function function : functions) {
            boolean strict = Boolean.TRUE.equals(function.strict);
            ChatTools.checkStrict(function.identity.name(), function.parameters, strict, values);
        }
    }

    /// A function as the client defined it.
    record Function(
            ToolNames.Identity identity,
            @Nullable String description,
            @Nullable Object parameters,
            @Nullable Boolean strict) {
        static Function of(Fields tool, @Nullable String namespace) throws MalformedBodyException {
            tool.check("defer_loading", Shape.FLAG);
            tool.check("async", Shape.FLAG);
            return new Function(
                    new ToolNames.Identity(namespace, tool.requiredText("name")),
                    tool.text("description"),
                    tool.any("parameters"),
                    tool.flag("strict"));
        }
    }

    private static List<Function> functions(List<@Nullable Object> tools)
            throws MalformedBodyException, UnsupportedBodyException {
        List<Function> functions = new ArrayList<>();
        for (int i = 0; i < tools.size(); i++) {
            Fields tool = Fields.of(tools.get(i), "tools[" + i + "]");
            switch (tool.requiredText("type")) {
                case "function" -> functions.add(Function.of(tool, null));
                case "namespace" -> addNamespace(tool, functions);
                case String other -> throw unsupported("tools", other);
            }
        }
        return functions;
    }

    private static void addNamespace(Fields namespace, List<Function> functions)
            throws MalformedBodyException, UnsupportedBodyException {
        String name = namespace.requiredText("name");
        namespace.requiredText("description");
        List<@Nullable Object> tools = namespace.required(namespace.list("tools"), "tools", "a list of tools");
        for (int i = 0; i < tools.size(); i++) {
            Fields tool = Fields.of(tools.get(i), namespace.where() + "tools[" + i + "]");
            if (!"function".equals(tool.requiredText("type"))) {
                throw unsupported("tools", tool.requiredText("type"));
            }
            functions.add(Function.of(tool, name));
        }
    }

    private static @Nullable ToolChoice choice(@Nullable Object choice, ToolNames names)
            throws MalformedBodyException, UnsupportedBodyException {
        if (choice == null) {
            return null;
        }
        Fields object = choice instanceof String ? null : Fields.lenient(choice, "tool_choice");
        String type = object == null ? String.valueOf(choice) : object.requiredText("type");
        switch (type) {
            case "none", "auto", "required" -> {
                return ChatTools.choice(type);
            }
            case "function" -> {
                if (object != null) {
                    return ToolChoice.function(names.resolve(null, object.requiredText("name")));
                }
            }
            case "allowed_tools" -> {
                if (object != null) {
                    return ChatTools.choice(object.requiredText("mode"));
                }
            }
            default -> {}
        }
        throw unsupported("tool_choice", type);
    }

    /// The names a choice allows; null when it allows all.
    private static @Nullable Set<String> allowed(
            @Nullable Object choice, ToolNames names, List<Map<String, @Nullable Object>> definitions)
            throws MalformedBodyException, UnsupportedBodyException {
        if (!(choice instanceof Map<?, ?> map) || !"allowed_tools".equals(map.get("type"))) {
            return null;
        }
        Fields object = Fields.lenient(choice, "tool_choice");
        String mode = object.requiredText("mode");
        if (!mode.equals("auto") && !mode.equals("required")) {
            throw MalformedBodyException.type("tool_choice.mode", "another word", "auto or required");
        }
        Set<String> allowed = new HashSet<>();
        for (Object tool : object.required(object.list("tools"), "tools", "a list of tools")) {
            Map<String, @Nullable Object> entry = Fields.asObject(tool);
            if (entry == null
                    || !"function".equals(entry.get("type"))
                    || !(entry.get("name") instanceof String name)
                    || !(entry.get("namespace") == null || entry.get("namespace") instanceof String)) {
                throw refused("Responses allowed_tools currently supports only function entries with a string name");
            }
            allowed.add(names.resolve((String) entry.get("namespace"), name));
        }
        if (allowed.isEmpty()) {
            throw refused("Responses allowed_tools must contain at least one function");
        }
        List<String> defined = definitions.stream().map(ResponseTools::name).toList();
        for (String name : allowed) {
            if (!defined.contains(name)) {
                throw refused("Responses allowed_tools references unknown function '" + name + "'");
            }
        }
        return allowed;
    }

    private static String name(Map<String, @Nullable Object> definition) {
        Map<String, @Nullable Object> function = Fields.asObject(definition.get("function"));
        return function == null ? "" : String.valueOf(function.get("name"));
    }

    /// A kind that is known but not served, or one that is not even known.
    private static MalformedBodyException unsupported(String field, String type) {
        if (!KNOWN.contains(type)) {
            return MalformedBodyException.type(field, "another type", "a function");
        }
        return MalformedBodyException.value(
                field, ResponsesApi.CONVERSION + "Unsupported Responses " + field + " type '" + type + NOT_SUPPORTED);
    }

    static MalformedBodyException refused(String message) {
        return MalformedBodyException.value("tool_choice", ResponsesApi.CONVERSION + message);
    }
}
