package io.kvepp.preprocess.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A `tokenizer.json` as the frontend uses it: without truncation and padding, with the special
/// tokens of `tokenizer_config.json`.
///
/// Confined to the loading thread.
final class HuggingFaceFile {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String[] FLAGS = {"single_word", "lstrip", "rstrip", "normalized"};

    private final ObjectNode file;

    private HuggingFaceFile(ObjectNode file) {
        this.file = file;
    }

    static HuggingFaceFile read(byte[] tokenizerJson, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        if (!(tree("tokenizer.json", tokenizerJson) instanceof ObjectNode file)) {
            throw new UnsupportedTokenizerException("tokenizer.json: no object (expected: an object)");
        }
        HuggingFaceFile prepared = new HuggingFaceFile(file);
        file.remove("truncation");
        file.remove("padding");
        if (tokenizerConfigJson != null) {
            prepared.addSpecialTokens(tree("tokenizer_config.json", tokenizerConfigJson));
        }
        prepared.checkNormalizedTokens();
        return prepared;
    }

    String json() {
        return file.toString();
    }

    /// Largest id of the model and of the added tokens that are found in raw text.
    int largestId(TokenizersLibrary library, long handle) {
        JsonNode vocabulary = file.path("model").path("vocab");
        long largest = vocabulary.size() - 1L;
        for (JsonNode id : vocabulary) {
            largest = Math.max(largest, id.asInt(-1));
        }
        for (JsonNode token : addedTokens()) {
            if (!token.path("normalized").asBoolean(false)) {
                long encoding = library.encode(handle, token.path("content").asText(), false);
                largest = Math.max(
                        largest,
                        Arrays.stream(library.getTokenIds(encoding)).max().orElse(-1));
                library.deleteEncoding(encoding);
            }
        }
        return Math.toIntExact(largest);
    }

    private ArrayNode addedTokens() {
        return file.withArrayProperty("added_tokens");
    }

    private void addSpecialTokens(JsonNode config) throws UnsupportedTokenizerException {
        Map<String, JsonNode> declared = new HashMap<>();
        addedTokens().forEach(token -> declared.put(token.path("content").asText(), token));
        for (JsonNode token : config.path("added_tokens_decoder")) {
            String content = token.path("content").asText("");
            if (!token.path("special").asBoolean(false) || content.isEmpty()) {
                continue;
            }
            JsonNode known = declared.get(content);
            if (known == null) {
                addSpecialToken(content, token);
            } else if (!known.path("special").asBoolean(false)) {
                throw new UnsupportedTokenizerException("tokenizer_config.json.added_tokens_decoder: " + content
                        + " (expected: no token that is special only here)");
            }
        }
    }

    private void addSpecialToken(String content, JsonNode flags) {
        ObjectNode token = addedTokens().addObject();
        token.put("id", 0).put("content", content).put("special", true);
        for (String flag : FLAGS) {
            token.put(flag, flags.path(flag).asBoolean(false));
        }
    }

    /// The library panics, and so ends this process, where the normalizer leaves nothing of a
    /// token.
    private void checkNormalizedTokens() throws UnsupportedTokenizerException {
        for (JsonNode token : addedTokens()) {
            String content = token.path("content").asText("");
            boolean stays = content.chars().anyMatch(HuggingFaceFile::isLetterOrDigit) && !replacesByNothing();
            if (token.path("normalized").asBoolean(false) && !stays) {
                throw new UnsupportedTokenizerException("tokenizer.json.added_tokens: " + content
                        + " (expected: not normalized, or a letter or digit that no normalizer removes)");
            }
        }
    }

    private boolean replacesByNothing() {
        return file.path("normalizer").findValuesAsText("content").contains("");
    }

    private static boolean isLetterOrDigit(int c) {
        return c < 0x80 && Character.isLetterOrDigit(c);
    }

    private static JsonNode tree(String name, byte[] json) throws UnsupportedTokenizerException {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UnsupportedTokenizerException(name + ": not readable (expected: JSON): " + e.getMessage());
        }
    }
}
