package io.kvepp.inference.json;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Looks for bytes in a JSON text that parsers treat differently, and replaces those that are no UTF-8.
///
/// Thread-safe.
public final class JsonBytes {
    private static final int HEX_DIGITS = 4;
    private static final int ESCAPE_LENGTH = 6; // backslash, u, four digits
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LOW_BITS = 0x0101010101010101L;
    private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

    /// What the bytes hold.
    public enum Verdict {
        /// Nothing special: UTF-8 without a byte order mark, escapes in order.
        PLAIN,
        /// Bytes that are no UTF-8.
        NOT_UTF8,
        /// A backslash before a raw control character.
        ESCAPED_CONTROL,
        /// An escaped surrogate without its partner.
        LONE_SURROGATE
    }

    private JsonBytes() {}

    /// The first thing found.
    public static Verdict check(byte[] bytes) {
        int at = plainUntil(bytes, 0);
        while (at < bytes.length) {
            byte b = bytes[at];
            int length = b < 0 ? sequenceLength(bytes, at) : escapeLength(bytes, at);
            if (length == 0) {
                return b < 0 ? Verdict.NOT_UTF8 : oddEscape(bytes, at);
            }
            at = plainUntil(bytes, at + length);
        }
        return Verdict.PLAIN;
    }

    /// Where the next byte stands that is not ASCII, or is a backslash; eight bytes are looked at in
    /// one step.
    private static int plainUntil(byte[] bytes, int start) {
        int at = start;
        for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
            long eight = (long) EIGHT.get(bytes, at);
            long noBackslash = eight ^ '\\' * LOW_BITS;
            long odd = (eight | (noBackslash - LOW_BITS & ~noBackslash)) & HIGH_BITS;
            if (odd != 0) {
                // Only the lowest mark is exact, and that is the one asked for.
                return at + (Long.numberOfTrailingZeros(odd) >>> 3);
            }
        }
        while (at < bytes.length && bytes[at] >= 0 && bytes[at] != '\\') {
            at++;
        }
        return at;
    }

    private static Verdict oddEscape(byte[] bytes, int at) {
        return bytes[at + 1] < 0x20 ? Verdict.ESCAPED_CONTROL : Verdict.LONE_SURROGATE;
    }

    /// The bytes as they are read where others than UTF-8 are replaced: U+FFFD for each longest part
    /// of a sequence that could not go on (Unicode 3.9, "substitution of maximal subparts").
    public static byte[] withoutInvalidUtf8(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + REPLACEMENT.length);
        int at = 0;
        while (at < bytes.length) {
            int length = bytes[at] >= 0 ? 1 : sequenceLength(bytes, at);
            if (length > 0) {
                out.write(bytes, at, length);
                at += length;
            } else {
                out.writeBytes(REPLACEMENT);
                at += invalidLength(bytes, at);
            }
        }
        return out.toByteArray();
    }

    /// Length of the ill-formed part at `at`: the lead byte and what could have followed it.
    private static int invalidLength(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        int wanted = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead <= 0xEF ? 3 : 1;
        if (wanted == 1 || !isIn(bytes, at + 1, secondLow(lead), secondHigh(lead))) {
            return 1;
        }
        return wanted == 4 && isIn(bytes, at + 2, 0x80, 0xBF) ? 3 : 2;
    }

    private static int secondLow(int lead) {
        return lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    }

    private static int secondHigh(int lead) {
        return lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    }

    /// Length of the well-formed multi-byte sequence at `at` (Unicode, table 3-7), or 0.
    private static int sequenceLength(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            return isIn(bytes, at + 1, 0x80, 0xBF) ? 2 : 0;
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            return isIn(bytes, at + 1, secondLow(lead), secondHigh(lead)) && isIn(bytes, at + 2, 0x80, 0xBF) ? 3 : 0;
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            boolean valid = isIn(bytes, at + 1, secondLow(lead), secondHigh(lead))
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
