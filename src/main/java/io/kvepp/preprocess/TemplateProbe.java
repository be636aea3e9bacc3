package io.kvepp.preprocess;

import io.kvepp.inference.json.WhiteSpace;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.jinja.JinjaTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds out what a template asks of its messages by rendering small conversations.
///
/// The frontend does the same when it loads a model, and rewrites messages by the outcome; the
/// conversations here differ from its own only in their words.
///
/// Confined to one call.
final class TemplateProbe {
    private static final String ARGUMENTS = "{\"probe\": \"value\"}";
    private static final String FIRST = "\u0001kv-epp reasoning one\u0001";
    private static final String LAST = "\u0001kv-epp reasoning two\u0001";
    private static final String TEXT = "kv_epp_text_probe";
    private static final String PASS_THROUGH = "\u0001kv-epp pass-through\u0001";

    private final JinjaTemplate template;
    private final String source;
    private final SpecialTokens tokens;
    private final @Nullable List<Object> tools;

    private TemplateProbe(JinjaTemplate template, String source, SpecialTokens tokens, boolean withTool) {
        this.template = template;
        this.source = source;
        this.tokens = tokens;
        this.tools = withTool ? List.of(probeTool()) : null;
    }

    /// `withTool`: the template is used when there are tools.
    static TemplateTraits traits(JinjaTemplate template, String source, SpecialTokens tokens, boolean withTool) {
        TemplateProbe probe = new TemplateProbe(template, source, tokens, withTool);
        boolean rendersArgumentText = probe.rendersArgumentText();
        boolean readsReasoning = source.contains("reasoning_content");
        boolean judgesOrder = !probe.refuses(List.of(system("s"), user("u")));
        return new TemplateTraits(
                rendersArgumentText,
                readsReasoning,
                readsReasoning && probe.reasoningAsText(rendersArgumentText),
                judgesOrder && probe.leadingSystemOnly(),
                judgesOrder && probe.refuses(List.of(system("s"), user("u0"), user("u1"))));
    }

    /// Whether the template shows the text of content given as parts, but not content given as
    /// text.
    static boolean needsContentParts(JinjaTemplate template) {
        return plain(template, user(List.of(Json.textPart(TEXT)))).contains(TEXT)
                && !plain(template, user(TEXT)).contains(TEXT);
    }

    /// What stands for an image in a text, `{n}` being its number; null when the template takes
    /// parts as they are.
    static @Nullable String imagePlaceholder(JinjaTemplate template, String source) {
        if (source.contains("<|end|>") && source.contains("<|assistant|>")) {
            return "<|image_{n}|>";
        }
        if (source.contains("USER:") && source.contains("ASSISTANT:")) {
            return "<image>";
        }
        return isPassThrough(template) ? "" : null;
    }

    private static boolean isPassThrough(JinjaTemplate template) {
        if (!WhiteSpace.trim(plain(template, user(PASS_THROUGH))).equals(PASS_THROUGH)) {
            return false;
        }
        String mixed = plain(template, user(List.of(Json.textPart(PASS_THROUGH), Map.of("type", "image"))));
        return mixed.contains("[") && mixed.contains("type");
    }

    private boolean rendersArgumentText() {
        return source.contains("arguments is string")
                && render(toolTurn(null, ARGUMENTS), true).contains(ARGUMENTS);
    }

    private boolean reasoningAsText(boolean argumentText) {
        Object arguments = argumentText ? "{}" : Map.of();
        if (!render(toolTurn(FIRST, arguments), true).contains(FIRST)) {
            return false;
        }
        String segments = render(toolTurn(List.of(FIRST, LAST), arguments), true);
        return !segments.contains(FIRST) && !segments.contains(LAST);
    }

    private boolean leadingSystemOnly() {
        return refuses(List.of(system("s0"), user("u"), system("s1")))
                || refuses(List.of(system("s0"), user("u"), message("assistant", "a"), system("s1"), user("u2")));
    }

    private boolean refuses(List<Map<String, @Nullable Object>> messages) {
        try {
            template.render(context(messages, false));
            return false;
        } catch (JinjaRenderException e) {
            return true;
        }
    }

    /// What the template makes of the messages, nothing when it refuses.
    private String render(List<Map<String, @Nullable Object>> messages, boolean addGenerationPrompt) {
        try {
            return template.render(context(messages, addGenerationPrompt));
        } catch (JinjaRenderException e) {
            return "";
        }
    }

    private Map<String, @Nullable Object> context(
            List<Map<String, @Nullable Object>> messages, boolean addGenerationPrompt) {
        Map<String, @Nullable Object> context = new LinkedHashMap<>();
        context.put("messages", messages);
        context.put("add_generation_prompt", addGenerationPrompt);
        context.put("tools", tools);
        tokens.addTo(context);
        return context;
    }

    private static String plain(JinjaTemplate template, Map<String, @Nullable Object> message) {
        try {
            return template.render(Map.of("messages", List.of(message), "add_generation_prompt", false));
        } catch (JinjaRenderException e) {
            return "";
        }
    }

    private static List<Map<String, @Nullable Object>> toolTurn(@Nullable Object reasoning, Object arguments) {
        Map<String, @Nullable Object> call = new LinkedHashMap<>();
        call.put("id", "call_probe");
        call.put("type", "function");
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", "probe");
        function.put("arguments", arguments);
        call.put("function", function);
        Map<String, @Nullable Object> assistant = message("assistant", "");
        if (reasoning != null) {
            assistant.put("reasoning_content", reasoning);
        }
        assistant.put("tool_calls", List.of(call));
        Map<String, @Nullable Object> tool = message("tool", "r");
        tool.put("tool_call_id", "call_probe");
        return List.of(user("u"), assistant, tool);
    }

    private static Map<String, @Nullable Object> probeTool() {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        parameters.put("type", "object");
        parameters.put("properties", Map.of());
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", "probe");
        function.put("description", "");
        function.put("parameters", parameters);
        Map<String, @Nullable Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }

    private static Map<String, @Nullable Object> system(Object content) {
        return message("system", content);
    }

    private static Map<String, @Nullable Object> user(Object content) {
        return message("user", content);
    }

    private static Map<String, @Nullable Object> message(String role, Object content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }
}
