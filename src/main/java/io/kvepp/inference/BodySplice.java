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
    private static final int GROUP = 1_000;
    private static final int GROUPED_MAX = GROUP * GROUP;
    private static final int TAIL_IDS = Long.BYTES / 2; // with their commas they take one store's room
    private static final int LENGTH_SHIFT = 56;
    private static final long DIGITS_MASK = (1L << 24) - 1;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /*
     * The digits of 0 to 999 as they stand in a text, the first one in the lowest byte, and how many they are in the
     * highest: first without leading zeros, then with them. A number of up to six digits is two of these, put together
     * and written with the comma behind it in one store. There is no branch on how long it is, which no processor guesses.
     * The last few ids are written one by one: a store would reach beyond them.
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
        boolean grouped = isGrouped(tokenIds);
        long size = before.length + idBytes(tokenIds, grouped) + after.length;
        byte[] bytes = Arrays.copyOf(before, Math.toIntExact(size));
        int tail = grouped ? Math.max(0, tokenIds.length - TAIL_IDS) : 0;
        int at = writeGrouped(tokenIds, tail, bytes, before.length);
        writeAny(tokenIds, tail, bytes, at);
        System.arraycopy(after, 0, bytes, bytes.length - after.length, after.length);
        return new Splice(target.offset(), target.length(), bytes);
    }

    /// How long the ids are with a comma between each two.
    private static long idBytes(int[] tokenIds, boolean grouped) {
        long commas = Math.max(0, tokenIds.length - 1);
        return commas + (grouped ? groupedDigits(tokenIds) : anyDigits(tokenIds));
    }

    /// Without a branch, so that it is done for several ids at once.
    private static long groupedDigits(int[] tokenIds) {
        int more = 0;
        for (int id : tokenIds) {
            more += (9 - id >>> 31) + (99 - id >>> 31) + (999 - id >>> 31) + (9_999 - id >>> 31) + (99_999 - id >>> 31);
        }
        return (long) tokenIds.length + more;
    }

    private static long anyDigits(int[] tokenIds) {
        long digits = 0;
        for (int id : tokenIds) {
            digits += Integer.toUnsignedString(id).length();
        }
        return digits;
    }

    private static boolean isGrouped(int[] tokenIds) {
        int large = 0;
        for (int id : tokenIds) {
            large |= id | GROUPED_MAX - 1 - id; // its sign is set by an id out of 0 to GROUPED_MAX - 1
        }
        return large >= 0;
    }

    /// Writes the first `count` ids, each with a comma behind it, and returns where they end.
    private static int writeGrouped(int[] tokenIds, int count, byte[] bytes, int start) {
        long[] groups = GROUPS;
        int at = start;
        for (int i = 0; i < count; i++) {
            int id = tokenIds[i];
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

    /// Writes the ids from `first` on, with a comma between each two.
    private static void writeAny(int[] tokenIds, int first, byte[] bytes, int start) {
        int at = start;
        for (int i = first; i < tokenIds.length; i++) {
            byte[] digits = Integer.toUnsignedString(tokenIds[i]).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(digits, 0, bytes, at, digits.length);
            at += digits.length;
            if (i < tokenIds.length - 1) {
                bytes[at++] = ',';
            }
        }
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
