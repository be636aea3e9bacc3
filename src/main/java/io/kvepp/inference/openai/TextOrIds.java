package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.TokenIdReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Reads lists of texts, of token ids, and of lists of token ids.
///
/// Thread-safe.
final class TextOrIds {
    static final String EXPECTED = "a text, token ids, or a list of either";

    private TextOrIds() {}

    /// The list at the parser's current token. An empty one counts as texts.
    static Prompt list(JsonParser parser, String field) throws IOException, MalformedBodyException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw MalformedBodyException.type(field, "another type", EXPECTED);
        }
        return switch (parser.nextToken()) {
            case END_ARRAY -> new Prompt.Texts(List.of());
            case VALUE_STRING -> texts(parser, field);
            case VALUE_NUMBER_INT -> new Prompt.TokenIds(TokenIdReader.readRest(parser, field));
            case START_ARRAY -> idLists(parser, field);
            case null, default -> throw MalformedBodyException.type(field, "a list of another type", EXPECTED);
        };
    }

    private static Prompt texts(JsonParser parser, String field) throws IOException, MalformedBodyException {
        List<String> texts = new ArrayList<>();
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw MalformedBodyException.type(field, "a list of several types", EXPECTED);
            }
            texts.add(parser.getText());
        }
        return new Prompt.Texts(texts);
    }

    private static Prompt idLists(JsonParser parser, String field) throws IOException, MalformedBodyException {
        List<int[]> lists = new ArrayList<>();
        for (; parser.currentToken() != JsonToken.END_ARRAY; parser.nextToken()) {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw MalformedBodyException.type(field, "a list of several types", EXPECTED);
            }
            lists.add(TokenIdReader.read(parser, field));
        }
        return new Prompt.TokenIdLists(lists);
    }
}
