package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds the model that starts from characters.
///
/// Confined to the loading thread.
final class CharacterModelReader {
    private static final int BYTES = 256;

    private final TokenizerFile file;
    private final Map<String, Integer> vocabulary;

    private CharacterModelReader(TokenizerFile file) {
        this.file = file;
        vocabulary = file.vocabulary();
    }

    static CharacterModel read(TokenizerFile file) throws UnsupportedTokenizerException {
        MergeFields.check(file);
        return new CharacterModelReader(file).model();
    }

    private CharacterModel model() throws UnsupportedTokenizerException {
        int @Nullable [] idOfByte = file.modelField("byte_fallback").bool(false) ? byteTokens() : null;
        int unknown = unknown();
        boolean ignoresMerges = file.modelField("ignore_merges").bool(false);
        return new CharacterModel(
                CodePointIds.of(vocabulary),
                idOfByte,
                unknown,
                file.modelField("fuse_unk").bool(false),
                !vanishes(idOfByte, unknown) && !mergesSpecially(idOfByte, unknown),
                MergeFields.merges(file),
                AdjacentCharacters.of(file),
                ignoresMerges ? wholePieces() : null);
    }

    private int unknown() throws UnsupportedTokenizerException {
        JsonField field = file.modelField("unk_token");
        if (field.isAbsent()) {
            return CodePointIds.NONE;
        }
        Integer id = vocabulary.get(field.string());
        if (id == null) {
            throw field.refused("a token of the vocabulary");
        }
        return id;
    }

    private int[] byteTokens() {
        int[] ids = new int[BYTES];
        Arrays.setAll(ids, b -> vocabulary.getOrDefault(String.format("<0x%02X>", b), CodePointIds.NONE));
        return ids;
    }

    /// Whether a character without token may become nothing, so that its neighbours meet.
    private static boolean vanishes(int @Nullable [] idOfByte, int unknown) {
        return unknown < 0 && (idOfByte == null || Arrays.stream(idOfByte).anyMatch(id -> id < 0));
    }

    /// Whether some merge takes a byte token or the unknown token.
    private boolean mergesSpecially(int @Nullable [] idOfByte, int unknown) {
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            if (isSpecial(file.mergeLeft(rank), idOfByte, unknown)
                    || isSpecial(file.mergeRight(rank), idOfByte, unknown)) {
                return true;
            }
        }
        return false;
    }

    private boolean isSpecial(String token, int @Nullable [] idOfByte, int unknown) {
        if (token.isEmpty() || (unknown < 0 && idOfByte == null)) {
            return false;
        }
        boolean byteToken = idOfByte != null && token.startsWith("<0x") && token.length() == "<0x00>".length();
        return byteToken || vocabulary.getOrDefault(token, CodePointIds.NONE) == unknown;
    }

    private Vocabulary wholePieces() {
        Vocabulary whole = new Vocabulary(vocabulary.size());
        for (Map.Entry<String, Integer> token : vocabulary.entrySet()) {
            byte[] bytes = token.getKey().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0) {
                whole.put(Arrays.copyOf(bytes, bytes.length + Mix.SPARE_BYTES), bytes.length, token.getValue());
            }
        }
        return whole;
    }
}
