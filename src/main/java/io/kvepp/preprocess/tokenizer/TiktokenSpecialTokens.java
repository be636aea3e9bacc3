package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The special tokens that go with a `tiktoken.model`: the `added_tokens_decoder` of
/// `tokenizer_config.json` with its ids, and a name for each of the 256 ids behind the last rank
/// that is not among them.
///
/// Source: dynamo-tokenizers 3.1.1, `tiktoken.rs`, `load_special_tokens`.
final class TiktokenSpecialTokens {
    private static final int RESERVED = 256;
    private static final String FIELD = "tokenizer_config.json.added_tokens_decoder";

    private TiktokenSpecialTokens() {}

    static AddedVocabulary read(byte @Nullable [] tokenizerConfigJson, int firstReserved)
            throws UnsupportedTokenizerException {
        Map<String, Integer> ids = tokenizerConfigJson == null
                ? new LinkedHashMap<>()
                : declared(TokenizerFile.parseTree("tokenizer_config.json", tokenizerConfigJson));
        Set<Integer> used = new HashSet<>(ids.values());
        for (int id = firstReserved; id < firstReserved + RESERVED; id++) {
            if (!used.contains(id)) {
                ids.put("<|reserved_token_" + id + "|>", id);
            }
        }
        checkPrefixes(ids.keySet());
        List<AddedToken> tokens = new ArrayList<>();
        for (String content : ids.keySet()) {
            tokens.add(new AddedToken(content, false, false, false, false, true));
        }
        AddedVocabulary added = new AddedVocabulary(ids);
        added.add(tokens);
        return added;
    }

    private static Map<String, Integer> declared(JsonField config) throws UnsupportedTokenizerException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry :
                config.value().path("added_tokens_decoder").properties()) {
            int id = id(entry.getKey());
            JsonNode content = entry.getValue().path("content");
            if (content.isTextual() && !content.textValue().isEmpty()) {
                ids.put(content.textValue(), id);
            }
        }
        return ids;
    }

    private static int id(String name) throws UnsupportedTokenizerException {
        try {
            int id = Integer.parseInt(name);
            if (id >= 0) {
                return id;
            }
        } catch (NumberFormatException e) {
            // refused below, as a negative one
        }
        throw UnsupportedTokenizerException.of(FIELD, name, "ids from 0 to 2147483647");
    }

    /// Of two tokens that start alike the frontend takes either, by the order of a hash table.
    private static void checkPrefixes(Set<String> contents) throws UnsupportedTokenizerException {
        String previous = null;
        for (String content : new TreeSet<>(contents)) {
            if (previous != null && content.startsWith(previous)) {
                throw UnsupportedTokenizerException.of(FIELD, previous, "no token that another one starts with");
            }
            previous = content;
        }
    }
}
