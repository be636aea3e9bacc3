package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds a [Tokenizer] from a model's files.
///
/// Accepts byte-level BPE, the family of GPT-2, GPT-4o, Llama 3, Qwen and DeepSeek V3. A file that
/// asks for anything that could not be reproduced exactly is refused.
///
/// Thread-safe.
public final class TokenizerLoader {
    private TokenizerLoader() {}

    /// `tokenizerConfigJson` holds the bytes of `tokenizer_config.json`, or is null. Its
    /// `added_tokens_decoder` entries with `special: true` that `tokenizer.json` lacks are added:
    /// with their vocabulary id if they have one, else with the next free id (the declared id is
    /// ignored, as the Dynamo frontend does). `truncation`, `padding` and `post_processor` are
    /// ignored.
    public static Tokenizer load(byte[] tokenizerJson, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        TokenizerFile file = TokenizerFile.parse(tokenizerJson);
        JsonField version = file.field("version");
        if (!version.isAbsent() && !version.string().equals("1.0")) {
            throw version.refused("1.0");
        }
        TextNormalizer normalizer = NormalizerReader.read(file.field("normalizer"));
        Splitter splitter = PreTokenizerReader.read(file.field("pre_tokenizer"));
        BytePairModel model = BytePairModelReader.read(file);
        AddedVocabulary added = new AddedVocabulary(file.vocabulary());
        added.add(declared(file.field("added_tokens")));
        if (tokenizerConfigJson != null) {
            added.add(configured(TokenizerFile.parseTree("tokenizer_config.json", tokenizerConfigJson)));
        }
        int largestId = added.largestId();
        for (int id : file.vocabulary().values()) {
            largestId = Math.max(largestId, id);
        }
        return new ByteLevelTokenizer(added, normalizer, splitter, model, largestId + 1);
    }

    private static List<AddedToken> declared(JsonField field) throws UnsupportedTokenizerException {
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

    private static List<AddedToken> configured(JsonField config) {
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
