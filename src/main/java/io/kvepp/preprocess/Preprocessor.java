package io.kvepp.preprocess;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.tokenizer.CacheUse;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns the prompts of one model into token ids, exactly as the Dynamo frontend 1.6.1 does with
/// the same files.
///
/// Runs on the caller's thread, in time proportional to the prompt.
///
/// Thread-safe.
public final class Preprocessor {
    private final ChatTemplates templates;
    private final ChatRules rules;
    private final Tokenizer tokenizer;

    Preprocessor(ChatTemplates templates, ChatRules rules, Tokenizer tokenizer) {
        this.templates = templates;
        this.rules = rules;
        this.tokenizer = tokenizer;
    }

    public PreprocessResult preprocess(InferenceRequest request) {
        int[] clientTokens = request.clientTokenData();
        return switch (request.prompt()) {
            case Prompt.Chat _ when clientTokens != null -> new Tokens(clientTokens, false);
            case Prompt.Text _ when clientTokens != null -> new Tokens(clientTokens, false);
            // The frontend splits several texts into requests of one text, each with the ids.
            case Prompt.Texts(var texts)
            when clientTokens != null && texts.size() > 1 -> new Tokens(clientTokens, false);
            case Prompt.Chat chat -> chat(chat);
            case Prompt.Text(var text) -> encode(text, true);
            // For lists and for token ids the frontend ignores nvext.token_data.
            case Prompt.Texts(var texts) -> encode(texts.getFirst(), false);
            case Prompt.TokenIds(var tokenIds) -> new Tokens(tokenIds, false);
            case Prompt.TokenIdLists(var lists) -> new Tokens(lists.getFirst(), false);
        };
    }

    /// What the caches of its tokenizer were good for.
    CacheUse cacheUse() {
        return tokenizer.cacheUse();
    }

    private PreprocessResult chat(Prompt.Chat chat) {
        try {
            String prompt = render(chat);
            return prompt == null
                    ? new Unprepared("the final message to continue is not in the rendered chat")
                    : encode(prompt, !chat.media());
        } catch (JinjaRenderException e) {
            // Only the template's own refusal is one for sure. Its text may quote the prompt.
            return e.raisedByTemplate()
                    ? new Invalid("messages: refused by the model's chat template")
                    : new Unprepared("chat template line " + e.line() + ": cannot be rendered");
        }
    }

    private @Nullable String render(Prompt.Chat chat) throws JinjaRenderException {
        List<Map<String, @Nullable Object>> messages = rules.messages(chat.messages());
        if (chat.continueFinalMessage()) {
            messages = FinalMessage.marked(messages);
        }
        String rendered = templates.render(
                messages,
                chat.toolChoiceNone() && rules.dropsTools() ? null : chat.tools(),
                chat.addGenerationPrompt(),
                rules.templateArgs(chat.templateArgs()));
        return chat.continueFinalMessage() ? FinalMessage.cut(rendered) : rendered;
    }

    private PreprocessResult encode(String text, boolean injectable) {
        String tooLong = PromptLimits.tooLong(text);
        return tooLong == null ? new Tokens(tokenizer.encode(withoutNulls(text)), injectable) : new Unprepared(tooLong);
    }

    /// Null characters never reach the model.
    private static String withoutNulls(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "");
    }
}
