package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.inference.Prompt.GivenChat;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.jinja.JinjaSyntaxException;
import io.kvepp.preprocess.jinja.JinjaTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Chats as transformers' `apply_chat_template` writes them, for engines that render chats
/// themselves.
///
/// - Messages and tools are what the client wrote, with every key: nothing is probed, joined,
///   parsed, completed or dropped, also not for `tool_choice`.
/// - A template sees `messages`, `tools` and `documents` (None when absent),
///   `add_generation_prompt` (true unless the request says otherwise), the special tokens that the
///   model has, and the request's template arguments, which go before the special tokens. The
///   thinking controls of a request are no template arguments.
/// - With tools, a template called `tool_use` is taken if there is one.
/// - A final message to continue is marked in its text, or in the last of its parts that has one,
///   and the prompt ends where it stands.
/// - Numbers of a request are read as the rest of this process reads them: an integer beyond 64
///   bits is a float here, and exact in Python.
///
/// Engines differ in what they do before: whether arguments of calls are parsed, parts joined or
/// unknown keys dropped. None of that happens here.
///
/// Source: transformers, `chat_template_utils.render_jinja_template`.
///
/// Immutable.
final class TransformersChat implements ChatFormat {
    private final JinjaTemplate withoutTools;
    private final JinjaTemplate withTools;
    private final Map<String, Object> specialTokens;

    private TransformersChat(JinjaTemplate withoutTools, JinjaTemplate withTools, Map<String, Object> specialTokens) {
        this.withoutTools = withoutTools;
        this.withTools = withTools;
        this.specialTokens = specialTokens;
    }

    /// `settings` are for Python's language.
    static TransformersChat compile(
            Map<String, String> sources, Map<String, Object> specialTokens, JinjaSettings settings)
            throws ModelLoadException {
        String source = sources.get(ChatTemplates.DEFAULT);
        if (source == null) {
            throw new ModelLoadException(
                    Part.TEMPLATE,
                    "chat template: none called " + ChatTemplates.DEFAULT + " (expected: a chat template)");
        }
        String withTools = sources.getOrDefault(ChatTemplates.TOOL_USE, source);
        return new TransformersChat(compile(source, settings), compile(withTools, settings), specialTokens);
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
        return "chat template, rendered as transformers does";
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        GivenChat given =
                chat.given() == null ? new GivenChat(chat.messages(), chat.tools(), chat.templateArgs()) : chat.given();
        boolean open = chat.continueFinalMessage();
        Map<String, @Nullable Object> context = new LinkedHashMap<>(specialTokens);
        context.put("documents", null);
        context.putAll(given.templateArgs());
        context.put("messages", open ? FinalMessage.marked(given.messages()) : given.messages());
        List<@Nullable Object> tools = given.tools();
        context.put("tools", tools);
        context.put("add_generation_prompt", chat.addGenerationPrompt());
        RenderedPrompt rendered = RenderedPrompt.of((tools == null ? withoutTools : withTools).render(context));
        return open ? FinalMessage.cut(rendered) : rendered;
    }
}
