package io.kvepp.preprocess.tokenizer;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// BPE over characters, as sentencepiece trains it: a piece starts as the tokens of its characters,
/// a character without token as the tokens of its bytes or as the unknown token.
///
/// Source: Hugging Face tokenizers 0.21.4, `bpe/model.rs`, `merge_word`.
///
/// Immutable, thread-safe.
///
/// @param idOfByte the ids of the byte tokens, [CodePointIds#NONE] for missing ones; null without
///     byte fallback
/// @param unknown id of the unknown token, or [CodePointIds#NONE]: such a character vanishes
/// @param fusesUnknown whether a run of unknown characters is one unknown token
/// @param cutsBeforeUnknown whether a character without token always becomes some token, and one
///     that nothing merges with
/// @param wholePieces tokens that a piece of exactly their text becomes; null if pieces always
///     merge
record CharacterModel(
        CodePointIds idOfCharacter,
        int @Nullable [] idOfByte,
        int unknown,
        boolean fusesUnknown,
        boolean cutsBeforeUnknown,
        PairTable merges,
        AdjacentCharacters adjacent,
        @Nullable Vocabulary wholePieces) {
    private static final int UTF8_BYTES_MAX = 4;

    /// The characters of [ByteAlphabet], each unknown one of which vanishes. For symbols and merges
    /// only: it knows neither cuts nor whole pieces.
    static CharacterModel ofBytes(Map<String, Integer> vocabulary, PairTable merges) {
        return new CharacterModel(
                CodePointIds.of(vocabulary),
                null,
                CodePointIds.NONE,
                false,
                false,
                merges,
                new AdjacentCharacters(0),
                null);
    }

    /// An upper bound of what [#symbols] writes for `chars` chars.
    static int symbolsMax(int chars) {
        return Math.addExact(Math.multiplyExact(chars, UTF8_BYTES_MAX - 1), 1);
    }

    /// Whether text may be cut between these two code points: what stands on one side has no
    /// influence on the tokens of the other.
    boolean isCut(int left, int right) {
        if (idOfCharacter.get(left) < 0) {
            return false; // an unknown run still goes on behind it
        }
        return idOfCharacter.get(right) < 0 ? cutsBeforeUnknown : !adjacent.mayMerge(left, right);
    }

    /// Writes the ids the text starts as to `out` and returns how many.
    int symbols(char[] text, int start, int end, int[] out) {
        int count = 0;
        boolean pending = false; // an unknown token that comes behind the byte tokens that follow it
        for (int i = start; i < end; i += CharClasses.width(text, i)) {
            int codePoint = Character.codePointAt(text, i);
            int id = idOfCharacter.get(codePoint);
            if (id >= 0) {
                if (pending) {
                    out[count++] = unknown;
                    pending = false;
                }
                out[count++] = id;
                continue;
            }
            int behind = bytes(codePoint, out, count);
            if (behind > count) {
                count = behind;
            } else if (unknown >= 0) {
                if (pending && !fusesUnknown) {
                    out[count++] = unknown;
                }
                pending = true;
            }
        }
        if (pending) {
            out[count++] = unknown;
        }
        return count;
    }

    /// Writes the byte tokens of a code point, if it has all of them, and returns the new count.
    private int bytes(int codePoint, int[] out, int count) {
        int[] ids = idOfByte;
        if (ids == null) {
            return count;
        }
        int length = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
        for (int i = 0; i < length; i++) {
            int id = ids[utf8(codePoint, i, length)];
            if (id < 0) {
                return count;
            }
            out[count + i] = id;
        }
        return count + length;
    }

    private static int utf8(int codePoint, int index, int length) {
        if (length == 1) {
            return codePoint;
        }
        int bits = codePoint >>> (6 * (length - 1 - index));
        return index == 0 ? ((0xF00 >>> length) & 0xFF) | bits : 0x80 | (bits & 0x3F);
    }
}
