package io.kvepp.inference;

/// Looks for bytes in a JSON text that parsers treat differently.
///
/// Thread-safe.
public final class JsonBytes {
    private static final int HEX_DIGITS = 4;
    private static final int ESCAPE_LENGTH = 6; // backslash, u, four digits

    /// What the bytes hold.
    public enum Verdict {
        /// Nothing special: UTF-8 without a byte order mark, escapes in order.
        PLAIN,
        /// Bytes that are no UTF-8, or are marked as another encoding.
        NOT_UTF8,
        /// A backslash before a raw control character, or an escaped surrogate without its partner.
        ODD_ESCAPE
    }

    private JsonBytes() {}

    public static Verdict check(byte[] bytes) {
        if (startsLikeAnotherEncoding(bytes)) {
            return Verdict.NOT_UTF8;
        }
        int at = 0;
        while (at < bytes.length) {
            byte b = bytes[at];
            if (b >= 0 && b != '\\') {
                at++;
                continue;
            }
            int length = b < 0 ? sequenceLength(bytes, at) : escapeLength(bytes, at);
            if (length == 0) {
                return b < 0 ? Verdict.NOT_UTF8 : Verdict.ODD_ESCAPE;
            }
            at += length;
        }
        return Verdict.PLAIN;
    }

    /// A JSON parser would guess UTF-16 or UTF-32 from zero bytes, and skip a byte order mark.
    private static boolean startsLikeAnotherEncoding(byte[] bytes) {
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            if (bytes[i] == 0) {
                return true;
            }
        }
        return bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF;
    }

    /// Length of the well-formed multi-byte sequence at `at` (Unicode, table 3-7), or 0.
    private static int sequenceLength(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            return isIn(bytes, at + 1, 0x80, 0xBF) ? 2 : 0;
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            int low = lead == 0xE0 ? 0xA0 : 0x80;
            int high = lead == 0xED ? 0x9F : 0xBF;
            return isIn(bytes, at + 1, low, high) && isIn(bytes, at + 2, 0x80, 0xBF) ? 3 : 0;
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            int low = lead == 0xF0 ? 0x90 : 0x80;
            int high = lead == 0xF4 ? 0x8F : 0xBF;
            boolean valid = isIn(bytes, at + 1, low, high)
                    && isIn(bytes, at + 2, 0x80, 0xBF)
                    && isIn(bytes, at + 3, 0x80, 0xBF);
            return valid ? 4 : 0;
        }
        return 0;
    }

    private static boolean isIn(byte[] bytes, int at, int low, int high) {
        return at < bytes.length && (bytes[at] & 0xFF) >= low && (bytes[at] & 0xFF) <= high;
    }

    /// Length of the escape at `at`, 0 when it is odd. A surrogate pair counts as one escape.
    private static int escapeLength(byte[] bytes, int at) {
        if (at + 1 >= bytes.length) {
            return 1; // cut off: a syntax error for every parser
        }
        if (bytes[at + 1] >= 0 && bytes[at + 1] < 0x20) {
            return 0;
        }
        int unit = escapedUnit(bytes, at);
        if (unit < 0 || !Character.isSurrogate((char) unit)) {
            return bytes[at + 1] < 0 ? 1 : 2;
        }
        int partner = escapedUnit(bytes, at + ESCAPE_LENGTH);
        boolean paired =
                Character.isHighSurrogate((char) unit) && partner >= 0 && Character.isLowSurrogate((char) partner);
        return paired ? 2 * ESCAPE_LENGTH : 0;
    }

    /// The UTF-16 unit of a `\\uXXXX` escape at `at`, or -1 when there is none.
    private static int escapedUnit(byte[] bytes, int at) {
        if (at + ESCAPE_LENGTH > bytes.length || bytes[at] != '\\' || bytes[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = 0; i < HEX_DIGITS; i++) {
            int digit = Character.digit(bytes[at + 2 + i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }
}
