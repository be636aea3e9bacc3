package io.kvepp.preprocess;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import java.util.Arrays;
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
    /// All that the frontend tells a client about a prompt it cannot make.
    private static final String REFUSED = "Invalid request";

    private final ChatTemplates templates;
    private final ChatRules rules;
    private final Tokenizer tokenizer;
    private final int tokenIdBound;

    /// `tokenIdBound`: token ids of a client are below it.
    Preprocessor(ChatTemplates templates, ChatRules rules, Tokenizer tokenizer, int tokenIdBound) {
        this.templates = templates;
        this.rules = rules;
        this.tokenizer = tokenizer;
        this.tokenIdBound = tokenIdBound;
    }

    public PreprocessResult preprocess(InferenceRequest request) {
        int[] clientTokens = request.clientTokenData();
        return switch (request.prompt()) {
            case Prompt.Chat _ when clientTokens != null -> given(clientTokens, "nvext.token_data");
            case Prompt.Text _ when clientTokens != null -> given(clientTokens, "nvext.token_data");
            // The frontend splits several texts into requests of one text, each with the ids.
            case Prompt.Texts(var texts)
            when clientTokens != null && texts.size() > 1 -> given(clientTokens, "nvext.token_data");
            case Prompt.Chat chat -> chat(chat);
            case Prompt.Text(var text) -> encode(text, true);
            // For lists and for token ids the frontend ignores nvext.token_data.
            case Prompt.Texts(var texts) -> encode(texts.getFirst(), false);
            case Prompt.EmbeddedTexts(var texts, var specialTokens) ->
                Boolean.FALSE.equals(specialTokens) && !texts.isEmpty()
                        ? encodeAsItIs(texts.getFirst())
                        : new Unprepared("an embedding with special tokens");
            case Prompt.TokenIds(var tokenIds) -> given(tokenIds, "prompt");
            case Prompt.TokenIdLists(var lists) -> given(lists.getFirst(), "prompt");
        };
    }

    /// Ids that came from the client, of the first prompt if there are several.
    private PreprocessResult given(int[] tokenIds, String field) {
        for (int tokenId : tokenIds) {
            if (Integer.compareUnsigned(tokenId, tokenIdBound) >= 0) {
                return new Invalid(REFUSED + ": " + field + " token id " + Integer.toUnsignedString(tokenId)
                        + " is out of range (must be < " + tokenIdBound + ")");
            }
        }
        return new Tokens(tokenIds, false);
    }

    private PreprocessResult chat(Prompt.Chat chat) {
        try {
            String prompt = render(chat);
            if (prompt == null) {
                return new Invalid(REFUSED + ": the final message to continue is not in the rendered chat");
            }
            return chat.media() ? beforeMedia(prompt, chat) : encode(prompt, true);
        } catch (JinjaRenderException e) {
            // Only the template's own refusal is one for sure. Its text may quote the prompt.
            return e.raisedByTemplate()
                    ? new Invalid(REFUSED + ": messages are refused by the model's chat template")
                    : new Unprepared("chat template line " + e.line() + ": cannot be rendered");
        }
    }

    /// What two renderings share that differ in the first image, video or audio only.
    private PreprocessResult beforeMedia(String prompt, Prompt.Chat chat) {
        String other = replaced(chat);
        if (other == null) {
            return new Unprepared("media that cannot be replaced");
        }
        PreprocessResult whole = encode(prompt, false);
        if (!(whole instanceof Tokens(var tokenIds, var _))
                || !(encode(other, false) instanceof Tokens(var otherIds, var _))) {
            return whole instanceof Tokens ? new Unprepared("media that cannot be replaced") : whole;
        }
        int mismatch = Arrays.mismatch(tokenIds, otherIds);
        int same = mismatch < 0 ? tokenIds.length : mismatch;
        return new BeforeMedia(Arrays.copyOf(tokenIds, same), tokenIds.length);
    }

    private @Nullable String replaced(Prompt.Chat chat) {
        try {
            return render(MediaParts.firstReplaced(chat));
        } catch (JinjaRenderException e) {
            return null; // the template cannot do without
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
                rules.templateArgs(chat));
        return chat.continueFinalMessage() ? FinalMessage.cut(rendered) : rendered;
    }

    private PreprocessResult encode(String text, boolean injectable) {
        String tooLong = PromptLimits.tooLong(text);
        return tooLong == null ? new Tokens(tokenizer.encode(withoutNulls(text)), injectable) : new Unprepared(tooLong);
    }

    private PreprocessResult encodeAsItIs(String text) {
        String tooLong = PromptLimits.tooLong(text);
        return tooLong == null ? new Tokens(tokenizer.encode(text), false) : new Unprepared(tooLong);
    }

    /// Null characters never reach the model, but for embeddings.
    private static String withoutNulls(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "");
    }
}
