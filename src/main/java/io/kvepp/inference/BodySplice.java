package io.kvepp.inference;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Puts token ids into a body without writing the body anew.
///
/// Thread-safe.
public final class BodySplice {
    private static final int DIGITS_MAX = 10; // of an unsigned 32-bit number
    private static final int GROUP = 1_000;
    private static final int GROUPED_MAX = GROUP * GROUP;
    private static final int GROUPED_BYTES = 7; // six digits and a comma
    private static final int LENGTH_SHIFT = 56;
    private static final long DIGITS_MASK = (1L << 24) - 1;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /*
     * The digits of 0 to 999 as they stand in a text, the first one in the lowest byte, and how many they are in the
     * highest: first without leading zeros, then with them. A number of up to six digits is two of these, put together
     * and written with the comma behind it in one store. There is no branch on how long it is, which no processor guesses.
     */
    private static final long[] GROUPS = groups();

    private BodySplice() {}

    /// `length` bytes of the body from `offset` on give way to `replacement`.
    ///
    /// Immutable; the array is not copied and must not be changed.
    public record Splice(int offset, int length, byte[] replacement) {}

    /// The edit that makes `nvext.token_data` of the body hold `tokenIds` (unsigned 32 bit).
    public static Splice tokenData(TokenDataTarget target, int[] tokenIds) {
        byte[] before = target.before().getBytes(StandardCharsets.US_ASCII);
        byte[] after = target.after().getBytes(StandardCharsets.US_ASCII);
        int idBytesMax = isGrouped(tokenIds) ? GROUPED_BYTES : DIGITS_MAX + 1;
        long bound = before.length + (long) after.length + (long) idBytesMax * tokenIds.length + Long.BYTES;
        byte[] bytes = Arrays.copyOf(before, Math.toIntExact(bound));
        int end = idBytesMax == GROUPED_BYTES
                ? writeGrouped(tokenIds, bytes, before.length)
                : writeAny(tokenIds, bytes, before.length);
        end -= Math.min(1, tokenIds.length); // the last comma
        System.arraycopy(after, 0, bytes, end, after.length);
        return new Splice(target.offset(), target.length(), Arrays.copyOf(bytes, end + after.length));
    }

    private static boolean isGrouped(int[] tokenIds) {
        int large = 0;
        for (int id : tokenIds) {
            large |= id | GROUPED_MAX - 1 - id; // its sign is set by an id out of 0 to GROUPED_MAX - 1
        }
        return large >= 0;
    }

    /// Writes each id with a comma behind it, and returns where they end.
    private static int writeGrouped(int[] tokenIds, byte[] bytes, int start) {
        long[] groups = GROUPS;
        int at = start;
        for (int id : tokenIds) {
            int thousands = id / GROUP;
            int rest = id - thousands * GROUP;
            long head = thousands == 0 ? 0 : groups[thousands];
            long tail = groups[thousands == 0 ? rest : GROUP + rest];
            int headBits = (int) (head >>> LENGTH_SHIFT) * Byte.SIZE;
            int bits = headBits + (int) (tail >>> LENGTH_SHIFT) * Byte.SIZE;
            LONG.set(bytes, at, head & DIGITS_MASK | (tail & DIGITS_MASK) << headBits | (long) ',' << bits);
            at += (bits >>> 3) + 1;
        }
        return at;
    }

    private static int writeAny(int[] tokenIds, byte[] bytes, int start) {
        int at = start;
        for (int id : tokenIds) {
            byte[] digits = Integer.toUnsignedString(id).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(digits, 0, bytes, at, digits.length);
            at += digits.length;
            bytes[at++] = ',';
        }
        return at;
    }

    private static long[] groups() {
        long[] groups = new long[2 * GROUP];
        for (int i = 0; i < GROUP; i++) {
            groups[i] = group(Integer.toString(i));
            groups[GROUP + i] = group(Integer.toString(GROUP + i).substring(1));
        }
        return groups;
    }

    private static long group(String digits) {
        long group = (long) digits.length() << LENGTH_SHIFT;
        for (int i = 0; i < digits.length(); i++) {
            group |= (long) digits.charAt(i) << (i * Byte.SIZE);
        }
        return group;
    }
}
