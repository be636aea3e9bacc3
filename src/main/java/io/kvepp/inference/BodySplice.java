package io.kvepp.inference;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts token ids into a body without writing the body anew.
///
/// Thread-safe.
public final class BodySplice {
    private static final int DIGITS_MAX = 10; // of an unsigned 32-bit number
    private static final byte[] PAIRS = pairs(); // the digits of 0 to 99

    private BodySplice() {}

    /// `length` bytes of the body from `offset` on give way to `replacement`.
    ///
    /// Immutable; the array is not copied and must not be changed.
    public record Splice(int offset, int length, byte[] replacement) {}

    /// The edit that makes `nvext.token_data` of the body hold `tokenIds` (unsigned 32 bit).
    public static Splice tokenData(TokenDataTarget target, int[] tokenIds) {
        byte[] before = target.before().getBytes(StandardCharsets.US_ASCII);
        byte[] after = target.after().getBytes(StandardCharsets.US_ASCII);
        long bound = before.length + after.length + (DIGITS_MAX + 1L) * tokenIds.length;
        byte[] bytes = Arrays.copyOf(before, Math.toIntExact(bound));
        int end = writeIds(tokenIds, bytes, before.length);
        System.arraycopy(after, 0, bytes, end, after.length);
        return new Splice(target.offset(), target.length(), Arrays.copyOf(bytes, end + after.length));
    }

    private static int writeIds(int[] tokenIds, byte[] bytes, int start) {
        int at = start;
        for (int i = 0; i < tokenIds.length; i++) {
            if (i > 0) {
                bytes[at++] = ',';
            }
            at = writeUnsigned(tokenIds[i], bytes, at);
        }
        return at;
    }

    /// Two digits at a time: a division takes longer than all the rest.
    private static int writeUnsigned(int value, byte[] bytes, int start) {
        if (value < 0) {
            byte[] digits = Integer.toUnsignedString(value).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(digits, 0, bytes, start, digits.length);
            return start + digits.length;
        }
        int end = start + digits(value);
        int at = end;
        int rest = value;
        while (rest >= 100) {
            int pair = 2 * (rest % 100);
            rest /= 100;
            bytes[--at] = PAIRS[pair + 1];
            bytes[--at] = PAIRS[pair];
        }
        if (rest >= 10) {
            bytes[--at] = PAIRS[2 * rest + 1];
            bytes[--at] = PAIRS[2 * rest];
        } else {
            bytes[--at] = (byte) ('0' + rest);
        }
        return end;
    }

    private static int digits(int value) {
        int digits = 1;
        for (int power = 10; digits < DIGITS_MAX && value >= power; power *= 10) {
            digits++;
        }
        return digits;
    }

    private static byte[] pairs() {
        byte[] pairs = new byte[200];
        for (int i = 0; i < 100; i++) {
            pairs[2 * i] = (byte) ('0' + i / 10);
            pairs[2 * i + 1] = (byte) ('0' + i % 10);
        }
        return pairs;
    }
}
