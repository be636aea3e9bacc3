package io.kvepp.preprocess.realtokenizers;

import java.nio.charset.StandardCharsets;

/// The text behind the names of byte-level tokens.
final class ByteLevelNames {
    private static final int BYTES = 256;
    private static final int[] BYTE_OF_CHAR = new int[2 * BYTES];

    static {
        int substitute = BYTES;
        for (int b = 0; b < BYTES; b++) {
            boolean printable = (b > ' ' && b < 0x7F) || (b > 0xA0 && b != 0xAD);
            BYTE_OF_CHAR[printable ? b : substitute++] = b;
        }
    }

    private ByteLevelNames() {}

    /// A name that is no byte-level one is its own text.
    static String decode(String name) {
        if (name.chars().anyMatch(c -> c >= BYTE_OF_CHAR.length)) {
            return name;
        }
        byte[] bytes = new byte[name.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) BYTE_OF_CHAR[name.charAt(i)];
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.indexOf('\uFFFD') < 0 ? text : name;
    }
}
