package io.kvepp.preprocess;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.PreprocessResult.BeforeMedia;
import io.kvepp.preprocess.PreprocessResult.Beyond;
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
import org.jspecify.annotations.Nullable;

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
    private final ModelBounds bounds;

    /// Prompts as the frontend writes them.
    Preprocessor(ChatFormat format, ChatRules rules, Tokenizer tokenizer, ModelBounds bounds) {
        this(new FrontendChat(format, rules), tokenizer, bounds);
    }

    Preprocessor(ChatFormat format, Tokenizer tokenizer, ModelBounds bounds) {
        this.format = format;
        this.tokenizer = tokenizer;
        this.bounds = bounds;
    }

    /// How its chats become text, for the operator.
    String format() {
        return format.name();
    }

    public PreprocessResult preprocess(InferenceRequest request) {
        int[] clientTokens = request.clientTokenData();
        return switch (request.prompt()) {
            case Prompt.Text _ when clientTokens != null -> given(clientTokens, TOKEN_DATA);
            // The frontend splits several texts into requests of one text, each with the ids.
            case Prompt.Texts(var texts)
            when clientTokens != null && texts.size() > 1 -> given(clientTokens, TOKEN_DATA);
            case Prompt.Chat chat -> chat(chat, clientTokens);
            case Prompt.Text(var text) -> encode(withoutNulls(text), true);
            // For lists and for token ids the frontend ignores nvext.token_data.
            case Prompt.Texts(var texts) -> texts(texts);
            case Prompt.EmbeddedTexts texts -> embedded(texts);
            case Prompt.TokenIds(var tokenIds) -> given(tokenIds, PROMPT);
            case Prompt.TokenIdLists(var lists) -> given(lists);
        };
    }

    /// What the caches of its tokenizer were good for.
    CacheUse cacheUse() {
        return tokenizer.cacheUse();
    }

    /// The first list, unless one of them is refused.
    private PreprocessResult given(List<int[]> lists) {
        for (int[] tokenIds : lists) {
            if (given(tokenIds, PROMPT) instanceof Invalid invalid) {
                return invalid;
            }
        }
        int longest = lists.stream().mapToInt(list -> list.length).max().orElse(0);
        Tokens first = new Tokens(lists.getFirst(), false);
        return bounds.areBeyondContext(longest) ? new Beyond(longest, first) : first;
    }

    /// The first text, unless one of them is longer than the model takes.
    private PreprocessResult texts(List<String> texts) {
        PreprocessResult first = encode(withoutNulls(texts.getFirst()), false);
        for (String text : texts.subList(1, texts.size())) {
            if (!bounds.surelyFits(text)) {
                int tokens = switch (encode(withoutNulls(text), false)) {
                    case Tokens(var ids, var _) -> ids.length;
                    case Beyond(var atLeast, var _) -> atLeast;
                    case PreprocessResult _ -> 0;
                };
                if (bounds.areBeyondContext(tokens)) {
                    return new Beyond(tokens, first);
                }
            }
        }
        return first;
    }

    /// A text that is not tokenized here.
    private PreprocessResult untokenized(String text, String why) {
        Unprepared left = new Unprepared(why);
        int tokens = tokenizer.tokensMin(text);
        return bounds.areBeyondContext(tokens) ? new Beyond(tokens, left) : left;
    }

    /// Ids that came from the client.
    private PreprocessResult given(int[] tokenIds, String field) {
        for (int tokenId : tokenIds) {
            if (Integer.compareUnsigned(tokenId, bounds.tokenIds()) >= 0) {
                return new Invalid(REFUSED + field + " token id " + Integer.toUnsignedString(tokenId)
                        + " is out of range (must be < " + bounds.tokenIds() + ")");
            }
        }
        return new Tokens(tokenIds, false);
    }

    /// Special tokens are around it and null characters stay in it, unlike in any other prompt.
    private PreprocessResult embedded(Prompt.EmbeddedTexts embedded) {
        Long truncation = embedded.truncation();
        if (truncation != null && !bounds.allowsTruncation(truncation)) {
            return new Invalid(REFUSED + "truncate_prompt_tokens: " + truncation + " (expected: "
                    + bounds.allowedTruncation() + ")");
        }
        if (embedded.texts().isEmpty()) {
            return new Unprepared("an embedding of nothing");
        }
        PreprocessResult first = embedded(embedded.texts().getFirst(), embedded);
        if (truncation == null) {
            for (String text : embedded.texts().subList(1, embedded.texts().size())) {
                if (!bounds.surelyFits(text)
                        && embedded(text, embedded) instanceof Tokens(var ids, var _)
                        && bounds.areBeyondContext(ids.length)) {
                    return new Beyond(ids.length, first);
                }
            }
        }
        return first;
    }

    private PreprocessResult embedded(String text, Prompt.EmbeddedTexts embedded) {
        String tooLong = PromptLimits.tooLong(text);
        Long truncation = embedded.truncation();
        if (tooLong != null) {
            return truncation == null ? untokenized(text, tooLong) : new Unprepared(tooLong);
        }
        int[] ids = embedded.specialTokens() ? tokenizer.encodeFramed(text) : tokenizer.encode(text);
        return new Tokens(truncation == null ? ids : Arrays.copyOf(ids, bounds.kept(ids.length, truncation)), false);
    }

    /// A chat is written although the client gave its ids: the frontend does so too, and refuses
    /// what cannot be written before it looks at the ids.
    private PreprocessResult chat(Prompt.Chat chat, int @Nullable [] clientTokens) {
        try {
            RenderedPrompt prompt = format.render(chat);
            if (clientTokens != null) {
                return given(clientTokens, TOKEN_DATA);
            }
            return chat.media() ? beforeMedia(prompt, chat) : encode(prompt, true);
        } catch (ChatRefusedException e) {
            return new Invalid(REFUSED + e.getMessage());
        } catch (JinjaRenderException e) {
            // The text of either may quote the prompt.
            return switch (e.kind()) {
                case RAISED -> new Invalid(REFUSED + "messages are refused by the model's chat template");
                case FAILED -> new Invalid(REFUSED + "messages do not fit the model's chat template, line " + e.line());
                case LIMIT -> new Unprepared("chat template line " + e.line() + ": beyond what is rendered here");
            };
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
        return tooLong == null ? new Tokens(tokenizer.encode(text), injectable) : untokenized(text, tooLong);
    }

    /// Null characters never reach the model, but for embeddings.
    private static String withoutNulls(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "");
    }
}
