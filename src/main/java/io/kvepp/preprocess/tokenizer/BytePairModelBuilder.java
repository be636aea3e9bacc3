package io.kvepp.preprocess.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Builds a [BytePairModel] from tokens and merges, each in the order of their frequency.
///
/// Confined to the loading thread.
final class BytePairModelBuilder {
    private record Token(byte[] bytes, int id) {}

    private final int[] idOfByte;
    private final PairTable merges;
    private final CharacterJoints joints;
    private final List<Token> tokens = new ArrayList<>();

    /// `idOfByte` has -1 for bytes without token.
    BytePairModelBuilder(int[] idOfByte, PairTable merges, int mergeCount) {
        this.idOfByte = idOfByte;
        this.merges = merges;
        joints = new CharacterJoints(mergeCount);
    }

    static boolean hasEveryByte(int[] idOfByte) {
        for (int b = 0; b < idOfByte.length; b++) {
            if (idOfByte[b] < 0 && occursInUtf8(b)) {
                return false;
            }
        }
        return true;
    }

    private static boolean occursInUtf8(int b) {
        return b < 0xC0 || (b > 0xC1 && b < 0xF5);
    }

    /// Takes note of a merge of these bytes.
    void merge(byte[] left, byte[] right) {
        joints.add(left, right);
    }

    /// Takes note of a token. One that no text becomes may be left out or be empty.
    void token(byte[] bytes, int id) {
        if (mayBeText(bytes)) {
            tokens.add(new Token(bytes, id));
        }
    }

    /// Whether a piece may have these bytes. UTF-8 has no byte 0xFF.
    private static boolean mayBeText(byte[] bytes) {
        for (byte b : bytes) {
            if (b == (byte) 0xFF) {
                return false;
            }
        }
        return bytes.length > 0;
    }

    /// `tokensFirst` says that a piece which is a token becomes that, whatever merging gives.
    BytePairModel build(boolean tokensFirst) {
        int longer = (int) tokens.stream()
                .filter(token -> token.bytes.length > WordKey.BYTES_MAX)
                .count();
        WordTable words = new WordTable(tokens.size() - longer);
        Vocabulary longWords = new Vocabulary(longer);
        List<Token> unmerged = new ArrayList<>();
        MergeEngine engine = new MergeEngine(merges);
        for (Token token : tokens) {
            byte[] spared = spared(token);
            if (mergesToItself(token, engine)) {
                if (token.bytes.length > WordKey.BYTES_MAX) {
                    longWords.put(spared, token.bytes.length, token.id);
                } else {
                    words.put(spared, token.bytes.length, token.id);
                }
            } else if (tokensFirst) {
                unmerged.add(token);
            }
        }
        ByteStarts starts = hasEveryByte(idOfByte) ? ByteStarts.of(idOfByte, merges) : null;
        return new BytePairModel(
                idOfByte,
                merges,
                new WholePieces(words, longWords, unmerged.isEmpty() ? null : vocabulary(unmerged)),
                starts,
                starts != null ? CharacterTokens.of(starts.ids(), merges, joints) : null);
    }

    private static byte[] spared(Token token) {
        return Arrays.copyOf(token.bytes, token.bytes.length + WordKey.SPARE_BYTES);
    }

    private static Vocabulary vocabulary(List<Token> tokens) {
        Vocabulary vocabulary = new Vocabulary(tokens.size());
        for (Token token : tokens) {
            vocabulary.put(spared(token), token.bytes.length, token.id);
        }
        return vocabulary;
    }

    private boolean mergesToItself(Token token, MergeEngine engine) {
        int[] symbols = new int[token.bytes.length];
        int count = 0;
        for (byte b : token.bytes) {
            if (idOfByte[b & 0xFF] >= 0) {
                symbols[count++] = idOfByte[b & 0xFF];
            }
        }
        return engine.merge(symbols, count) == 1 && symbols[0] == token.id;
    }
}
