package io.kvepp.preprocess.tokenizer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// UTF-16 to UTF-8, and characters in UTF-8.
final class Utf8 {
    /// Bytes that [#encode] may need for one char.
    static final int BYTES_PER_CHAR_MAX = 3;

    /*
     * Eight chars at a time while they are ASCII: two loads, one test, a gathering of the low bytes. Chars are read
     * through a segment, because a view of an array of chars as longs exists only there.
     */
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong FOUR_CHARS =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long NOT_ASCII = 0xFF80FF80FF80FF80L;
    private static final long LOW_BYTES = 0x00FF00FF00FF00FFL;
    private static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    /// An index from `start` to `end` up to which all chars are ASCII, not always the last one.
    static int asciiUntil(char[] chars, int start, int end) {
        MemorySegment segment = MemorySegment.ofArray(chars);
        int i = start;
        for (; i + 8 <= end; i += 8) {
            if (((segment.get(FOUR_CHARS, 2L * i) | segment.get(FOUR_CHARS, 2L * i + 8)) & NOT_ASCII) != 0) {
                break;
            }
        }
        return i;
    }

    /// Writes chars from `start` to `end` as UTF-8 from `out[0]` on, and returns how many bytes. A
    /// lone surrogate becomes U+FFFD. `out` has room for [#BYTES_PER_CHAR_MAX] bytes per char.
    static int encode(char[] chars, int start, int end, byte[] out) {
        MemorySegment segment = MemorySegment.ofArray(chars);
        int written = 0;
        int i = start;
        while (i < end) {
            int from = i;
            for (; LITTLE && i + 8 <= end; i += 8) {
                long four = segment.get(FOUR_CHARS, 2L * i);
                long next = segment.get(FOUR_CHARS, 2L * i + 8);
                if (((four | next) & NOT_ASCII) != 0) {
                    break;
                }
                LONG.set(
                        out,
                        written + i - from,
                        Long.compress(four, LOW_BYTES) | Long.compress(next, LOW_BYTES) << Integer.SIZE);
            }
            written += i - from;
            // What stopped the loop above, and what may follow it: other writing comes in runs.
            while (i < end && chars[i] >= 0x800 && !Character.isSurrogate(chars[i])) {
                char c = chars[i++];
                INT.set(out, written, 0x8080E0 | c >> 12 | (c >> 6 & 0x3F) << 8 | (c & 0x3F) << 16);
                written += 3;
            }
            int until = Math.min(end, i + 8);
            while (i < until && chars[i] < 0x800) {
                char c = chars[i++];
                if (c < 0x80) {
                    out[written++] = (byte) c;
                } else {
                    out[written++] = (byte) (0xC0 | (c >> 6));
                    out[written++] = (byte) (0x80 | (c & 0x3F));
                }
            }
            if (i < until && Character.isSurrogate(chars[i])) {
                char c = chars[i++];
                boolean pair = Character.isHighSurrogate(c) && i < end && Character.isLowSurrogate(chars[i]);
                written = put(pair ? Character.toCodePoint(c, chars[i++]) : REPLACEMENT, out, written);
            }
        }
        return written;
    }

    private static int put(int codePoint, byte[] out, int at) {
        int i = at;
        if (codePoint < 0x10000) {
            out[i++] = (byte) (0xE0 | (codePoint >> 12));
        } else {
            out[i++] = (byte) (0xF0 | (codePoint >> 18));
            out[i++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
        }
        out[i++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        out[i++] = (byte) (0x80 | (codePoint & 0x3F));
        return i;
    }

    /// Bytes of a character that starts with this byte.
    static int length(byte first) {
        return first >= 0 ? 1 : first < -0x20 ? 2 : first < -0x10 ? 3 : 4;
    }

    /// The code point whose well-formed bytes start at `text[i]`.
    static int codePoint(byte[] text, int i) {
        int first = text[i];
        if (first >= 0) {
            return first;
        }
        int second = text[i + 1] & 0x3F;
        if (first < -0x20) {
            return ((first & 0x1F) << 6) | second;
        }
        int third = text[i + 2] & 0x3F;
        return first < -0x10
                ? ((first & 0xF) << 12) | (second << 6) | third
                : ((first & 0x7) << 18) | (second << 12) | (third << 6) | (text[i + 3] & 0x3F);
    }
}
