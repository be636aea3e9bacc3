package io.kvepp.preprocess;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.RenderedPrompt.Segment;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.tokenizer.CacheUse;
import io.kvepp.preprocess.tokenizer.SegmentTokenizer;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Turns the prompts of one model into token ids, exactly as the Dynamo frontend 1.6.1 does with
/// the same files.
///
/// Runs on the caller's thread, in time proportional to the prompt.
///
/// Thread-safe.
public final class Preprocessor {
    /// All that the frontend tells a client about a prompt it cannot make.
    private static final String REFUSED = "Invalid request: ";

    private static final String TOKEN_DATA = "nvext.token_data";
    private static final String PROMPT = "prompt";

    private final ChatFormat format;
    private final Tokenizer tokenizer;
    private final int tokenIdBound;

    /// Prompts as the frontend writes them. Token ids of a client are below `tokenIdBound`.
    Preprocessor(ChatFormat format, ChatRules rules, Tokenizer tokenizer, int tokenIdBound) {
        this(new FrontendChat(format, rules), tokenizer, tokenIdBound);
    }

    Preprocessor(ChatFormat format, Tokenizer tokenizer, int tokenIdBound) {
        this.format = format;
        this.tokenizer = tokenizer;
        this.tokenIdBound = tokenIdBound;
    }

    /// How its chats become text, for the operator.
    String format() {
        return format.name();
    }

    public PreprocessResult preprocess(InferenceRequest request) {
        int[] clientTokens = request.clientTokenData();
        return switch (request.prompt()) {
            case Prompt.Chat _ when clientTokens != null -> given(clientTokens, TOKEN_DATA);
            case Prompt.Text _ when clientTokens != null -> given(clientTokens, TOKEN_DATA);
            // The frontend splits several texts into requests of one text, each with the ids.
            case Prompt.Texts(var texts)
            when clientTokens != null && texts.size() > 1 -> given(clientTokens, TOKEN_DATA);
            case Prompt.Chat chat -> chat(chat);
            case Prompt.Text(var text) -> encode(withoutNulls(text), true);
            // For lists and for token ids the frontend ignores nvext.token_data.
            case Prompt.Texts(var texts) -> encode(withoutNulls(texts.getFirst()), false);
            case Prompt.EmbeddedTexts(var texts, var specialTokens) ->
                Boolean.FALSE.equals(specialTokens) && !texts.isEmpty()
                        ? encode(texts.getFirst(), false)
                        : new Unprepared("an embedding with special tokens");
            case Prompt.TokenIds(var tokenIds) -> given(tokenIds, PROMPT);
            case Prompt.TokenIdLists(var lists) -> given(lists.getFirst(), PROMPT);
        };
    }

    /// What the caches of its tokenizer were good for.
    CacheUse cacheUse() {
        return tokenizer.cacheUse();
    }

    /// Ids that came from the client, of the first prompt if there are several.
    private PreprocessResult given(int[] tokenIds, String field) {
        for (int tokenId : tokenIds) {
            if (Integer.compareUnsigned(tokenId, tokenIdBound) >= 0) {
                return new Invalid(REFUSED + field + " token id " + Integer.toUnsignedString(tokenId)
                        + " is out of range (must be < " + tokenIdBound + ")");
            }
        }
        return new Tokens(tokenIds, false);
    }

    private PreprocessResult chat(Prompt.Chat chat) {
        try {
            RenderedPrompt prompt = format.render(chat);
            return chat.media() ? beforeMedia(prompt, chat) : encode(prompt, true);
        } catch (ChatRefusedException e) {
            return new Invalid(REFUSED + e.getMessage());
        } catch (JinjaRenderException e) {
            // Only the template's own refusal is one for sure. Its text may quote the prompt.
            return e.raisedByTemplate()
                    ? new Invalid(REFUSED + "messages are refused by the model's chat template")
                    : new Unprepared("chat template line " + e.line() + ": cannot be rendered");
        }
    }

    /// What two renderings share that differ in the first image, video or audio only.
    private PreprocessResult beforeMedia(RenderedPrompt prompt, Prompt.Chat chat) {
        PreprocessResult other = withoutFirstMedium(chat);
        PreprocessResult whole = encode(prompt, false);
        if (!(whole instanceof Tokens(var tokenIds, var _)) || !(other instanceof Tokens(var otherIds, var _))) {
            return whole instanceof Tokens ? other : whole;
        }
        int mismatch = Arrays.mismatch(tokenIds, otherIds);
        int same = mismatch < 0 ? tokenIds.length : mismatch;
        return new BeforeMedia(Arrays.copyOf(tokenIds, same), tokenIds.length);
    }

    private PreprocessResult withoutFirstMedium(Prompt.Chat chat) {
        try {
            return encode(format.render(MediaParts.firstReplaced(chat)), false);
        } catch (JinjaRenderException | ChatRefusedException e) {
            return new Unprepared("media that cannot be replaced");
        }
    }

    private PreprocessResult encode(RenderedPrompt prompt, boolean injectable) {
        if (prompt.segments().stream().allMatch(Segment::special)) {
            return encode(withoutNulls(prompt.text()), injectable);
        }
        String tooLong = PromptLimits.tooLong(prompt.text());
        return tooLong == null ? new Tokens(encodeSegments(prompt.segments()), injectable) : new Unprepared(tooLong);
    }

    private int[] encodeSegments(List<Segment> segments) {
        SegmentTokenizer pieces = (SegmentTokenizer) tokenizer; // the loader lets no other one through
        IntStream.Builder ids = IntStream.builder();
        for (Segment segment : segments) {
            int[] encoded = segment.special() ? pieces.encode(segment.text()) : pieces.encodeOrdinary(segment.text());
            for (int id : encoded) {
                ids.add(id);
            }
        }
        return ids.build().toArray();
    }

    private PreprocessResult encode(String text, boolean injectable) {
        String tooLong = PromptLimits.tooLong(text);
        return tooLong == null ? new Tokens(tokenizer.encode(text), injectable) : new Unprepared(tooLong);
    }

    /// Null characters never reach the model, but for embeddings.
    private static String withoutNulls(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "");
    }
}
