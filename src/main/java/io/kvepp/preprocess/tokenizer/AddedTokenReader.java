package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Reads the added tokens of `tokenizer.json` and of `tokenizer_config.json`.
final class AddedTokenReader {
    private AddedTokenReader() {}

    /// The `added_tokens` of `tokenizer.json`, where every flag must be there.
    static List<AddedToken> declared(JsonField field) throws UnsupportedTokenizerException {
        List<AddedToken> tokens = new ArrayList<>();
        if (!field.isAbsent()) {
            for (JsonField token : field.elements()) {
                tokens.add(new AddedToken(
                        token.get("content").string(),
                        token.get("single_word").bool(),
                        token.get("lstrip").bool(),
                        token.get("rstrip").bool(),
                        token.get("normalized").bool(),
                        token.get("special").bool()));
            }
        }
        return tokens;
    }

    /// The special ones of the `added_tokens_decoder`; entries of any other shape are passed over.
    static List<AddedToken> configured(JsonField config) {
        List<AddedToken> tokens = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry :
                config.value().path("added_tokens_decoder").properties()) {
            var token = entry.getValue();
            if (isTrue(token, "special") && token.path("content").isTextual()) {
                tokens.add(new AddedToken(
                        token.path("content").textValue(),
                        isTrue(token, "single_word"),
                        isTrue(token, "lstrip"),
                        isTrue(token, "rstrip"),
                        isTrue(token, "normalized"),
                        true));
            }
        }
        return tokens;
    }

    private static boolean isTrue(JsonNode token, String name) {
        return token.path(name).isBoolean() && token.path(name).booleanValue();
    }
}
