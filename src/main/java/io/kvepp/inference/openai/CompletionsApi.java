package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.JsonValues;
import io.kvepp.inference.Prompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/v1/completions`: the prompt is a text, token ids, or several of either; no template.
///
/// Immutable.
final class CompletionsApi implements PromptApi {
    private static final String PROMPT = "prompt";
    private static final String EXPECTED = "a text, token ids, or a list of either";

    @Override
    public Set<String> fields() {
        return Set.of(PROMPT, "prompt_embeds", "max_tokens");
    }

    @Override
    public @Nullable Object read(String field, JsonParser parser) throws IOException, MalformedBodyException {
        return field.equals(PROMPT) && parser.currentToken() == JsonToken.START_ARRAY
                ? prompts(parser)
                : JsonValues.read(parser);
    }

    @Override
    public Prompt prompt(Map<String, @Nullable Object> fields) throws MalformedBodyException, UnsupportedBodyException {
        if (fields.get("prompt_embeds") != null) {
            throw new UnsupportedBodyException("the prompt is given as embeddings");
        }
        return switch (fields.get(PROMPT)) {
            case Prompt prompt -> prompt;
            case String text when !text.isEmpty() -> new Prompt.Text(text);
            case String _ -> throw MalformedBodyException.of(PROMPT, "empty", EXPECTED);
            case null -> throw MalformedBodyException.of(PROMPT, "missing", EXPECTED);
            default -> throw MalformedBodyException.of(PROMPT, "of another type", EXPECTED);
        };
    }

    @Override
    public int maxTokens(Map<String, @Nullable Object> fields) {
        return Fields.count(fields, "max_tokens");
    }

    private static Prompt prompts(JsonParser parser) throws IOException, MalformedBodyException {
        JsonToken first = parser.nextToken();
        return switch (first) {
            case VALUE_STRING -> texts(parser);
            case VALUE_NUMBER_INT -> new Prompt.TokenIds(TokenIdReader.readRest(parser, PROMPT));
            case START_ARRAY -> idLists(parser);
            case null, default -> throw MalformedBodyException.of(PROMPT, "an empty or odd list", EXPECTED);
        };
    }

    private static Prompt texts(JsonParser parser) throws IOException, MalformedBodyException {
        List<String> texts = new ArrayList<>();
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw MalformedBodyException.of(PROMPT, "a list of several types", EXPECTED);
            }
            texts.add(parser.getText());
        }
        return new Prompt.Texts(texts);
    }

    private static Prompt idLists(JsonParser parser) throws IOException, MalformedBodyException {
        List<int[]> lists = new ArrayList<>();
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw MalformedBodyException.of(PROMPT, "a list of several types", EXPECTED);
            }
            lists.add(TokenIdReader.read(parser, PROMPT));
        }
        return new Prompt.TokenIdLists(lists);
    }
}
