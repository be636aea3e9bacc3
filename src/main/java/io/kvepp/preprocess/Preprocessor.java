package io.kvepp.preprocess;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.Prompt;
import io.kvepp.preprocess.PreprocessResult.Invalid;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.preprocess.PreprocessResult.Unprepared;
import io.kvepp.preprocess.RenderedPrompt.Segment;
import io.kvepp.preprocess.jinja.JinjaRenderException;
import io.kvepp.preprocess.tokenizer.SegmentTokenizer;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import java.util.List;
import java.util.stream.IntStream;

/// Turns the prompts of one model into token ids, exactly as the Dynamo frontend 1.6.1 does with
/// the same files.
///
/// Runs on the caller's thread, in time proportional to the prompt.
///
/// Thread-safe.
public final class Preprocessor {
    private final ChatFormat format;
    private final Tokenizer tokenizer;

    /// Prompts as the frontend writes them.
    Preprocessor(ChatFormat format, ChatRules rules, Tokenizer tokenizer) {
        this(new FrontendChat(format, rules), tokenizer);
    }

    Preprocessor(ChatFormat format, Tokenizer tokenizer) {
        this.format = format;
        this.tokenizer = tokenizer;
    }

    /// How its chats become text, for the operator.
    String format() {
        return format.name();
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

    private PreprocessResult chat(Prompt.Chat chat) {
        try {
            return encode(format.render(chat), !chat.media());
        } catch (ChatRefusedException e) {
            return new Invalid(String.valueOf(e.getMessage()));
        } catch (JinjaRenderException e) {
            // Only the template's own refusal is one for sure. Its text may quote the prompt.
            return e.raisedByTemplate()
                    ? new Invalid("messages: refused by the model's chat template")
                    : new Unprepared("chat template line " + e.line() + ": cannot be rendered");
        }
    }

    private PreprocessResult encode(RenderedPrompt prompt, boolean injectable) {
        if (prompt.segments().stream().allMatch(Segment::special)) {
            return encode(prompt.text(), injectable);
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
        return tooLong == null ? new Tokens(tokenizer.encode(withoutNulls(text)), injectable) : new Unprepared(tooLong);
    }

    /// Null characters never reach the model.
    private static String withoutNulls(String text) {
        return text.indexOf('\0') < 0 ? text : text.replace("\0", "");
    }
}
