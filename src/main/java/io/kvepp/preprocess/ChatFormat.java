package io.kvepp.preprocess;

import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.jinja.JinjaRenderException;

/// How the chats of a model become text: by its template, or by code for its family.
///
/// Implementations are thread-safe.
interface ChatFormat {
    /// What an operator calls it.
    String name();

    /// The prompt of a chat. Its tools are those the model may see, null for none; its template
    /// arguments hold every thinking control in all spellings. The chat is not changed.
    RenderedPrompt render(Prompt.Chat chat) throws ChatRefusedException, JinjaRenderException;
}
