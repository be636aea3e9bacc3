package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;

/// What pieces of whole characters start as when they are merged: the token of each character, and
/// which neighbours cannot be joined.
///
/// For a model in which no byte of UTF-8 vanishes. A character counts as having a token if its
/// bytes merge to one, all by merges of lower rank than any that uses this token: then they do so
/// before anything else happens to it.
///
/// Immutable, thread-safe; the array must not be changed.
///
/// @param entries of each character of the basic plane: its token or [#NO_TOKEN] in the low bits,
///     the flags of [CharacterJoints] above
record CharacterTokens(int[] entries, CharacterJoints joints) {
    static final int TOKEN_BITS = 21;
    static final int TOKEN_MASK = (1 << TOKEN_BITS) - 1;

    /// No single token, or not known.
    static final int NO_TOKEN = TOKEN_MASK;

    private static final int WITHOUT_BIT = 30;
    private static final int WITHOUT = 1 << WITHOUT_BIT;

    /// Of a character beyond the basic plane.
    static final int OTHER = NO_TOKEN | CharacterJoints.ALL_FLAGS << TOKEN_BITS | WITHOUT;

    static final int CHARS = 1 << Character.SIZE;

    static CharacterTokens of(int[] idOfByte, PairTable merges, CharacterJoints joints) {
        int[] entries = new int[CHARS];
        int[] firstUses = merges.firstUses(NO_TOKEN);
        for (int c = 0; c < CHARS; c++) {
            byte[] text = Character.toString(c).getBytes(StandardCharsets.UTF_8);
            int token = token(text, idOfByte, merges, firstUses);
            int flags = joints.flags((char) c, text[0], text[text.length - 1]);
            entries[c] = token | flags << TOKEN_BITS | (token == NO_TOKEN ? WITHOUT : 0);
        }
        return new CharacterTokens(entries, joints);
    }

    /// 1 if an entry has no token, else 0.
    static int without(int entry) {
        return entry >>> WITHOUT_BIT;
    }

    /// 0 if the flags of two characters that follow each other answer [CharacterJoints#sticks] with
    /// false, else 1.
    static int mayStick(int before, int behind) {
        return CharacterJoints.mayStick(before >>> TOKEN_BITS, behind >>> TOKEN_BITS);
    }

    private static int token(byte[] character, int[] idOfByte, PairTable merges, int[] firstUses) {
        int[] symbols = new int[character.length];
        for (int i = 0; i < symbols.length; i++) {
            symbols[i] = idOfByte[character[i] & 0xFF];
        }
        int last = -1;
        for (int count = symbols.length; count > 1; count--) {
            int best = PairTable.NO_RANK;
            int at = 0;
            for (int i = 0; i + 1 < count; i++) {
                int rank = merges.rank(symbols[i], symbols[i + 1]);
                if (rank != PairTable.NO_RANK && (best == PairTable.NO_RANK || rank < best)) {
                    best = rank;
                    at = i;
                }
            }
            if (best == PairTable.NO_RANK) {
                return NO_TOKEN;
            }
            symbols[at] = merges.id(best);
            System.arraycopy(symbols, at + 2, symbols, at + 1, count - at - 2);
            last = Math.max(last, best);
        }
        return last < firstUses[symbols[0]] ? symbols[0] : NO_TOKEN;
    }
}
