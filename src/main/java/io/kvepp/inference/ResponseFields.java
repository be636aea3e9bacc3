package io.kvepp.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Set;

/// Picks out of a response's JSON, token by token, whether it carries generated text and what it
/// says of its tokens.
///
/// Confined to one thread at a time.
final class ResponseFields {
    /// Fields whose non-empty value is something the model generated.
    private static final Set<String> GENERATED = Set.of(
            "content", "text", "reasoning_content", "reasoning", "refusal", "arguments", "name", "thinking", "delta");

    private String field = "";
    private int depth;
    private int usageDepth;
    private boolean text;
    private TokenUsage usage = TokenUsage.UNKNOWN;

    boolean carriesText() {
        return text;
    }

    TokenUsage usage() {
        return usage;
    }

    void accept(JsonToken token, JsonParser parser) throws IOException {
        switch (token) {
            case FIELD_NAME -> field = parser.currentName();
            case START_OBJECT -> enter();
            case END_OBJECT -> leave();
            case VALUE_STRING -> text |= usageDepth == 0 && GENERATED.contains(field) && parser.getTextLength() > 0;
            case VALUE_NUMBER_INT -> number(parser);
            default -> {} // no other token says anything of either
        }
    }

    private void enter() {
        depth++;
        if (usageDepth == 0 && field.equals("usage")) {
            usageDepth = depth;
        }
    }

    private void leave() {
        if (depth == usageDepth) {
            usageDepth = 0;
        }
        depth--;
    }

    private void number(JsonParser parser) throws IOException {
        if (usageDepth == 0 || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            return;
        }
        long tokens = parser.getLongValue();
        usage = usage.then(
                switch (field) {
                    case "prompt_tokens", "input_tokens" -> new TokenUsage(tokens, -1, -1);
                    case "completion_tokens", "output_tokens" -> new TokenUsage(-1, tokens, -1);
                    case "cached_tokens", "cache_read_input_tokens" -> new TokenUsage(-1, -1, tokens);
                    default -> TokenUsage.UNKNOWN;
                });
    }
}
