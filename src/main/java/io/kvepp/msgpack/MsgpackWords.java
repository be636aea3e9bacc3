package io.kvepp.msgpack;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Strings that are expected, compared as bytes so that none has to be made of what is read.
///
/// Immutable.
public final class MsgpackWords {
    /*
     * Words stand sorted by length. Those of up to 8 bytes are compared as one number, those of up to
     * 16 as two that overlap; only longer ones byte by byte.
     */

    /// Stands for every other string.
    public static final int OTHER = -1;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[][] words;

    /// Their first and last eight bytes.
    private final long[] heads;

    private final long[] tails;

    /// What the caller calls them.
    private final int[] indices;

    /// By length, the first word of at least that length.
    private final int[] starts;

    private MsgpackWords(List<byte[]> texts) {
        indices = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> texts.get(i).length))
                .mapToInt(Integer::intValue)
                .toArray();
        words = Arrays.stream(indices).mapToObj(texts::get).toArray(byte[][]::new);
        heads = Arrays.stream(words)
                .mapToLong(word -> head(word, 0, word.length))
                .toArray();
        tails = Arrays.stream(words).mapToLong(MsgpackWords::tail).toArray();
        int longest = words.length == 0 ? 0 : words[words.length - 1].length;
        starts = IntStream.rangeClosed(0, longest + 1)
                .map(length -> (int)
                        texts.stream().filter(word -> word.length < length).count())
                .toArray();
    }

    public static MsgpackWords of(String... texts) {
        return new MsgpackWords(Arrays.stream(texts)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList());
    }

    int indexOf(byte[] bytes, int from, int length) {
        if (length >= starts.length - 1) {
            return OTHER;
        }
        int end = starts[length + 1];
        int i = starts[length];
        if (i == end) {
            return OTHER;
        }
        long head = head(bytes, from, length);
        for (; i < end; i++) {
            if (heads[i] == head && (length <= Long.BYTES || restIs(i, bytes, from, length))) {
                return indices[i];
            }
        }
        return OTHER;
    }

    private boolean restIs(int i, byte[] bytes, int from, int length) {
        return tails[i] == (long) LONG.get(bytes, from + length - Long.BYTES)
                && (length <= 2 * Long.BYTES || Arrays.equals(words[i], 0, length, bytes, from, from + length));
    }

    /// The first eight of the bytes as a number; of fewer, with zeros for those that are missing.
    private static long head(byte[] bytes, int from, int length) {
        if (length >= Long.BYTES) {
            return (long) LONG.get(bytes, from);
        }
        if (from + Long.BYTES <= bytes.length) {
            return (long) LONG.get(bytes, from) & (1L << Byte.SIZE * length) - 1;
        }
        long head = 0;
        for (int i = 0; i < length; i++) {
            head |= (bytes[from + i] & 0xffL) << Byte.SIZE * i;
        }
        return head;
    }

    private static long tail(byte[] word) {
        return word.length < Long.BYTES ? 0 : (long) LONG.get(word, word.length - Long.BYTES);
    }
}
