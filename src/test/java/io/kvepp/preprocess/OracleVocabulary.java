package io.kvepp.preprocess;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// The tokenizer that all folders of the oracle share, backwards: it loses nothing, so that ids tell
/// the text they were made of.
///
/// Immutable.
final class OracleVocabulary {
    private final Map<Integer, byte[]> bytes = new HashMap<>();

    /// Special tokens of the configuration that the tokenizer lacks have the next free ids.
    OracleVocabulary(Path tokenizerFile, Path tokenizerConfigFile) {
        JsonNode tokenizer = OracleFolder.json(OracleFolder.text(tokenizerFile));
        for (var token : tokenizer.at("/model/vocab").properties()) {
            bytes.put(token.getValue().intValue(), symbols(token.getKey()));
        }
        Map<String, Integer> added = new HashMap<>();
        for (JsonNode token : tokenizer.get("added_tokens")) {
            add(added, token.get("content").textValue(), token.get("id").intValue());
        }
        for (JsonNode token :
                OracleFolder.json(OracleFolder.text(tokenizerConfigFile)).path("added_tokens_decoder")) {
            if (token.path("special").booleanValue()) {
                add(added, token.get("content").textValue(), bytes.size());
            }
        }
    }

    private void add(Map<String, Integer> added, String content, int id) {
        if (added.putIfAbsent(content, id) == null) {
            bytes.put(id, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    String text(int[] ids) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int id : ids) {
            out.writeBytes(bytes.getOrDefault(id, new byte[0]));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static byte[] symbols(String token) {
        byte[] result = new byte[token.length()];
        for (int i = 0; i < result.length; i++) {
            result[i] = (byte) byteOf(token.charAt(i));
        }
        return result;
    }

    /// The byte a symbol stands for: itself when it can be printed, otherwise the n-th that cannot.
    private static int byteOf(char symbol) {
        if (symbol < 256) {
            return symbol;
        }
        int number = symbol - 256;
        for (int value = 0; ; value++) {
            boolean printable = (value > 32 && value < 127) || (value > 160 && value < 256 && value != 173);
            if (!printable && number-- == 0) {
                return value;
            }
        }
    }
}
