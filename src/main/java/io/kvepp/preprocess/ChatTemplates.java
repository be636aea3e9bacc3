package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.jinja.JinjaSyntaxException;
import io.kvepp.preprocess.jinja.JinjaTemplate;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The chat templates of one model: messages to text.
///
/// Order of the rewriting before a template sees the messages: system messages, content, tool-call
/// arguments, reasoning. Source: dynamo-renderer 8.0.3, which the Dynamo frontend 1.6.1 renders
/// with.
///
/// Immutable.
final class ChatTemplates implements ChatFormat {
    static final String DEFAULT = "default";
    static final String TOOL_USE = "tool_use";

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("dd, MMMM, uuuu", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    private final NamedTemplate withoutTools;
    private final @Nullable NamedTemplate withTools;
    private final ContentRules contentRules;
    private final SpecialTokens tokens;
    private final @Nullable InstantSource date;

    private ChatTemplates(
            NamedTemplate withoutTools,
            @Nullable NamedTemplate withTools,
            ContentRules contentRules,
            SpecialTokens tokens,
            @Nullable InstantSource date) {
        this.withoutTools = withoutTools;
        this.withTools = withTools;
        this.contentRules = contentRules;
        this.tokens = tokens;
        this.date = date;
    }

    static ChatTemplates compile(TokenizerConfigFile file, JinjaSettings settings) throws ModelLoadException {
        SpecialTokens tokens = new SpecialTokens(file.bosToken(), file.eosToken(), file.unkToken());
        String source = source(file, DEFAULT);
        if (source == null) {
            throw new ModelLoadException(
                    Part.TEMPLATE, "chat template: none called " + DEFAULT + " (expected: a chat template)");
        }
        JinjaTemplate template = compile(source, settings);
        boolean parts = TemplateProbe.needsContentParts(template);
        String placeholder = parts ? null : TemplateProbe.imagePlaceholder(template, source);
        return new ChatTemplates(
                new NamedTemplate(template, TemplateProbe.traits(template, source, tokens, false)),
                withTools(file, settings, tokens),
                new ContentRules(parts, placeholder),
                tokens,
                null);
    }

    /// The same templates, given the day of `clock` as `datetime`.
    ChatTemplates showingDate(InstantSource clock) {
        return new ChatTemplates(withoutTools, withTools, contentRules, tokens, clock);
    }

    private static @Nullable NamedTemplate withTools(
            TokenizerConfigFile file, JinjaSettings settings, SpecialTokens tokens) throws ModelLoadException {
        String source = source(file, TOOL_USE);
        if (source == null) {
            return null;
        }
        JinjaTemplate template = compile(source, settings);
        return new NamedTemplate(template, TemplateProbe.traits(template, source, tokens, true));
    }

    private static @Nullable String source(TokenizerConfigFile file, String name) throws ModelLoadException {
        String source = file.templates().get(name);
        return source == null ? null : TemplateSource.prepared(source);
    }

    private static JinjaTemplate compile(String source, JinjaSettings settings) throws ModelLoadException {
        try {
            return JinjaTemplate.compile(source, settings);
        } catch (JinjaSyntaxException e) {
            throw new ModelLoadException(Part.TEMPLATE, "chat template: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return "chat template";
    }

    /// The template arguments are further names for the template; they cannot replace the built-in
    /// ones.
    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        ChatRefusedException.checkPlain(chat);
        List<@Nullable Object> tools = chat.tools();
        NamedTemplate named = tools == null || tools.isEmpty() ? withoutTools : withTools;
        if (named == null) {
            throw new JinjaRenderException("no template called " + TOOL_USE);
        }
        Map<String, @Nullable Object> context = new LinkedHashMap<>(chat.templateArgs());
        context.put("messages", rewritten(chat.messages(), named.traits()));
        context.put("tools", tools);
        tokens.addTo(context);
        context.put("add_generation_prompt", chat.addGenerationPrompt());
        if (date != null) {
            context.put("datetime", DAY.format(date.instant()));
        }
        return RenderedPrompt.of(named.template().render(context));
    }

    private List<Map<String, @Nullable Object>> rewritten(
            List<Map<String, @Nullable Object>> messages, TemplateTraits traits) {
        List<Map<String, @Nullable Object>> copies = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            copies.add(Json.copy(message));
        }
        List<Map<String, @Nullable Object>> result = SystemMessageRules.apply(copies, traits);
        for (Map<String, @Nullable Object> message : result) {
            contentRules.apply(message);
            ToolCallRules.apply(message, traits);
            ReasoningRules.apply(message, traits);
        }
        return result;
    }
}
