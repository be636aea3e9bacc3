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
    private static final int KNOWN_IDS = (1 << 18) - 2; // with its header, two of the collector's regions
    private static final int TAIL_IDS = Long.BYTES / 2; // with their commas they take one store's room
    private static final int LENGTH_SHIFT = 56;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /*
     * What stands in the text for each id that models have, with a comma behind it, the first character in the lowest
     * byte, and its length in the highest: an id is one load and one store. There is no branch on how long it is, which
     * no processor guesses. The last few ids are written one by one: a store would reach beyond them.
     */
    private static final long[] TEXTS = texts();

    private BodySplice() {}

    /// `length` bytes of the body from `offset` on give way to `replacement`.
    ///
    /// Immutable; the array is not copied and must not be changed.
    public record Splice(int offset, int length, byte[] replacement) {}

    /// The edit that makes `nvext.token_data` of the body hold `tokenIds` (unsigned 32 bit).
    public static Splice tokenData(TokenDataTarget target, int[] tokenIds) {
        byte[] before = target.before().getBytes(StandardCharsets.US_ASCII);
        byte[] after = target.after().getBytes(StandardCharsets.US_ASCII);
        boolean known = areKnown(tokenIds);
        long size = before.length + idBytes(tokenIds, known) + after.length;
        byte[] bytes = Arrays.copyOf(before, Math.toIntExact(size));
        int tail = known ? Math.max(0, tokenIds.length - TAIL_IDS) : 0;
        int at = writeKnown(tokenIds, tail, bytes, before.length);
        writeAny(tokenIds, tail, bytes, at);
        System.arraycopy(after, 0, bytes, bytes.length - after.length, after.length);
        return new Splice(target.offset(), target.length(), bytes);
    }

    /// How long the ids are with a comma between each two.
    private static long idBytes(int[] tokenIds, boolean known) {
        long commas = Math.max(0, tokenIds.length - 1);
        return commas + (known ? knownDigits(tokenIds) : anyDigits(tokenIds));
    }

    private static long knownDigits(int[] tokenIds) {
        long[] texts = TEXTS;
        long characters = 0;
        for (int id : tokenIds) {
            characters += texts[id] >>> LENGTH_SHIFT;
        }
        return characters - tokenIds.length; // a comma each
    }

    private static long anyDigits(int[] tokenIds) {
        long digits = 0;
        for (int id : tokenIds) {
            digits += Integer.toUnsignedString(id).length();
        }
        return digits;
    }

    private static boolean areKnown(int[] tokenIds) {
        int large = 0;
        for (int id : tokenIds) {
            large |= id | KNOWN_IDS - 1 - id; // its sign is set by an id out of 0 to KNOWN_IDS - 1
        }
        return large >= 0;
    }

    /// Writes the first `count` ids, each with a comma behind it, and returns where they end.
    private static int writeKnown(int[] tokenIds, int count, byte[] bytes, int start) {
        long[] texts = TEXTS;
        int at = start;
        for (int i = 0; i < count; i++) {
            long text = texts[tokenIds[i]];
            LONG.set(bytes, at, text);
            at += (int) (text >>> LENGTH_SHIFT);
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

    private static long[] texts() {
        long[] texts = new long[KNOWN_IDS];
        for (int id = 0; id < KNOWN_IDS; id++) {
            long text = ',';
            int length = 1;
            int rest = id;
            do {
                text = text << Byte.SIZE | '0' + rest % 10;
                rest /= 10;
                length++;
            } while (rest > 0);
            texts[id] = (long) length << LENGTH_SHIFT | text;
        }
        return texts;
    }
}
