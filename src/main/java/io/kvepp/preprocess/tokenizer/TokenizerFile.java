package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The content of a `tokenizer.json`: vocabulary and merges read as a stream, because they are
/// large, everything else as a tree.
///
/// Confined to the loading thread.
final class TokenizerFile {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String FILE = "tokenizer.json";
    private static final String IDS = "ids from 0 to " + (PairTable.IDS_MAX - 1);

    private final ObjectNode rest = MAPPER.createObjectNode();
    private final ObjectNode model = MAPPER.createObjectNode();
    private final Map<String, Integer> vocabulary = new HashMap<>();
    private final List<String> mergeLefts = new ArrayList<>();
    private final List<String> mergeRights = new ArrayList<>();

    private TokenizerFile() {}

    static TokenizerFile parse(byte[] json) throws UnsupportedTokenizerException {
        TokenizerFile file = new TokenizerFile();
        try (JsonParser parser = MAPPER.createParser(json)) {
            file.readObject(parser, FILE);
        } catch (IOException e) {
            throw new UnsupportedTokenizerException(FILE + ": not readable (expected: JSON): " + e.getMessage());
        }
        return file;
    }

    static JsonField parseTree(String name, byte[] json) throws UnsupportedTokenizerException {
        try {
            return new JsonField(name, MAPPER.readTree(json));
        } catch (IOException e) {
            throw new UnsupportedTokenizerException(name + ": not readable (expected: JSON): " + e.getMessage());
        }
    }

    JsonField field(String name) {
        return new JsonField(FILE, rest).get(name);
    }

    /// A member of `model` other than vocabulary and merges.
    JsonField modelField(String name) {
        return new JsonField(FILE + ".model", model).get(name);
    }

    Map<String, Integer> vocabulary() {
        return vocabulary;
    }

    int mergeCount() {
        return mergeLefts.size();
    }

    String mergeLeft(int rank) {
        return mergeLefts.get(rank);
    }

    String mergeRight(int rank) {
        return mergeRights.get(rank);
    }

    private void readObject(JsonParser parser, String name) throws IOException, UnsupportedTokenizerException {
        expect(parser.nextToken(), JsonToken.START_OBJECT, name, "an object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            if (field.equals("model")) {
                readModel(parser);
            } else {
                parser.nextToken();
                rest.set(field, parser.<JsonNode>readValueAsTree());
            }
        }
    }

    private void readModel(JsonParser parser) throws IOException, UnsupportedTokenizerException {
        expect(parser.nextToken(), JsonToken.START_OBJECT, FILE + ".model", "an object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "vocab" -> readVocabulary(parser);
                case "merges" -> readMerges(parser);
                default -> model.set(field, parser.<JsonNode>readValueAsTree());
            }
        }
    }

    private void readVocabulary(JsonParser parser) throws IOException, UnsupportedTokenizerException {
        String path = FILE + ".model.vocab";
        expect(parser.currentToken(), JsonToken.START_OBJECT, path, "an object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String token = parser.currentName();
            expect(parser.nextToken(), JsonToken.VALUE_NUMBER_INT, path, IDS);
            long id = parser.getLongValue();
            if (id < 0 || id >= PairTable.IDS_MAX) {
                throw UnsupportedTokenizerException.of(path, id, IDS);
            }
            vocabulary.put(token, (int) id);
        }
    }

    private void readMerges(JsonParser parser) throws IOException, UnsupportedTokenizerException {
        String path = FILE + ".model.merges";
        expect(parser.currentToken(), JsonToken.START_ARRAY, path, "an array");
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            if (next == JsonToken.START_ARRAY) {
                expect(parser.nextToken(), JsonToken.VALUE_STRING, path, "pairs of strings");
                mergeLefts.add(parser.getText());
                expect(parser.nextToken(), JsonToken.VALUE_STRING, path, "pairs of strings");
                mergeRights.add(parser.getText());
                expect(parser.nextToken(), JsonToken.END_ARRAY, path, "pairs of strings");
            } else {
                expect(next, JsonToken.VALUE_STRING, path, "\"left right\" or [\"left\", \"right\"]");
                addLegacyMerge(path, parser.getText());
            }
        }
    }

    private void addLegacyMerge(String path, String merge) throws UnsupportedTokenizerException {
        if (merge.startsWith("#version")) {
            return;
        }
        int space = merge.indexOf(' ');
        if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
            throw UnsupportedTokenizerException.of(path, merge, "\"left right\" with one space");
        }
        mergeLefts.add(merge.substring(0, space));
        mergeRights.add(merge.substring(space + 1));
    }

    private static void expect(JsonToken actual, JsonToken wanted, String path, String expected)
            throws UnsupportedTokenizerException {
        if (actual != wanted) {
            throw UnsupportedTokenizerException.of(path, String.valueOf(actual), expected);
        }
    }
}
