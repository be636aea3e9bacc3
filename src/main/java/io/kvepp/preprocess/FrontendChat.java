package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the Dynamo frontend 1.6.1 does around every format, a template or one of its own: arguments
/// of calls, tools and template arguments are brought into one form, and a message to go on with is
/// left open.
///
/// Immutable.
record FrontendChat(ChatFormat format, ChatRules rules) implements ChatFormat {
    @Override
    public String name() {
        return format.name();
    }

    @Override
    public RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException {
        boolean open = chat.continueFinalMessage();
        List<Map<String, @Nullable Object>> messages = rules.messages(chat.messages());
        List<@Nullable Object> tools = chat.toolChoiceNone() && rules.dropsTools() ? null : chat.tools();
        RenderedPrompt rendered = format.render(new Prompt.Chat(
                open ? FinalMessage.marked(messages) : messages,
                tools == null ? null : ToolDefinitions.completed(tools),
                chat.toolChoice(),
                rules.templateArgs(chat),
                false, // the arguments say so now
                chat.responseFormat(),
                chat.addGenerationPrompt(),
                open,
                chat.media(),
                chat.given()));
        return open ? FinalMessage.cut(rendered) : rendered;
    }
}
