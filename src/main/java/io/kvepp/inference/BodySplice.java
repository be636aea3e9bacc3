package io.kvepp.inference;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts token ids into a body without writing the body anew.
///
/// Thread-safe.
public final class BodySplice {
    private static final int DIGITS_MAX = 10; // of an unsigned 32-bit number

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
            at = writeUnsigned(tokenIds[i] & 0xFFFF_FFFFL, bytes, at);
        }
        return at;
    }

    private static int writeUnsigned(long value, byte[] bytes, int start) {
        int digits = 1;
        for (long rest = value / 10; rest > 0; rest /= 10) {
            digits++;
        }
        long rest = value;
        for (int at = start + digits - 1; at >= start; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return start + digits;
    }
}
