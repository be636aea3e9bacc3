package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// The characters byte-level vocabularies write bytes with: printable Latin-1 bytes stand for
/// themselves, the others are numbered from U+0100 on.
///
/// Source: GPT-2, `bytes_to_unicode`.
final class ByteAlphabet {
    private static final int BYTES = 256;
    private static final char FIRST_SUBSTITUTE = 0x100;
    private static final char[] CHAR_OF_BYTE = new char[BYTES];
    private static final short[] BYTE_OF_CHAR = new short[2 * BYTES];

    static {
        Arrays.fill(BYTE_OF_CHAR, (short) -1);
        char substitute = FIRST_SUBSTITUTE;
        for (int b = 0; b < BYTES; b++) {
            CHAR_OF_BYTE[b] = isPrintable(b) ? (char) b : substitute++;
            BYTE_OF_CHAR[CHAR_OF_BYTE[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    static char charOf(int unsignedByte) {
        return CHAR_OF_BYTE[unsignedByte];
    }

    /// Writes the bytes `token` stands for to `out`; returns how many, or -1 if a character is no
    /// byte or `out` is too short.
    static int decode(String token, byte[] out) {
        if (token.length() > out.length) {
            return -1;
        }
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            int value = c < BYTE_OF_CHAR.length ? BYTE_OF_CHAR[c] : -1;
            if (value < 0) {
                return -1;
            }
            out[i] = (byte) value;
        }
        return token.length();
    }

    private static boolean isPrintable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    }
}
