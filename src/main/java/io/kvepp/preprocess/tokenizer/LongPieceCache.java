package io.kvepp.preprocess.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The ids of pieces too long for a [WordKey], seen lately. A new piece takes the place of an old
/// one.
///
/// Bounded: 0.5 MB.
///
/// Confined: one thread at a time.
final class LongPieceCache {
    /// Longer pieces are not kept here.
    static final int BYTES_MAX = 31;

    /// Pieces of more ids are not kept here.
    static final int IDS_MAX = 6;

    /// Readable bytes that must follow the start of a piece; those behind its end do not matter.
    static final int READ_BYTES = 32;

    /*
     * An entry is a cache line, eight words: the bytes of the piece, filled up with zeros, and its length in the last
     * byte of the fourth word; two ids to a word; how many there are.
     */
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BITS = 13;
    private static final int WORDS = 8;
    private static final int IDS = 4;
    private static final int COUNT = 7;
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final long[] entries = new long[WORDS << BITS];
    private long first;
    private long second;
    private long third;
    private long fourth;

    /// Takes the key of a piece for the next [#get] and [#put], and returns its entry.
    int key(byte[] text, int from, int length) {
        first = (long) LONG.get(text, from);
        second = (long) LONG.get(text, from + 8) & mask(length - 8);
        third = (long) LONG.get(text, from + 16) & mask(length - 16);
        fourth = ((long) LONG.get(text, from + 24) & mask(length - 24)) | (long) length << 56;
        long hash = Mix.mix(first ^ Long.rotateLeft(third, 23)) + Mix.mix(second ^ Long.rotateLeft(fourth, 41));
        return (int) (hash * MULTIPLIER >>> (Long.SIZE - BITS)) * WORDS;
    }

    private static long mask(int bytes) {
        return bytes >= Long.BYTES ? -1 : bytes <= 0 ? 0 : -1L >>> (Long.SIZE - Byte.SIZE * bytes);
    }

    /// Copies the ids of the piece to `ids` and returns how many, 0 if it is not known.
    int get(int entry, int[] ids, int at) {
        long[] words = entries;
        if (((words[entry] ^ first)
                        | (words[entry + 1] ^ second)
                        | (words[entry + 2] ^ third)
                        | (words[entry + 3] ^ fourth))
                != 0) {
            return 0;
        }
        int count = (int) words[entry + COUNT];
        for (int i = 0; i < count; i++) {
            ids[at + i] = (int) (words[entry + IDS + (i >> 1)] >>> (i << 5));
        }
        return count;
    }

    /// Keeps the piece of the last key with `count` ids, at most [#IDS_MAX].
    void put(int entry, int[] ids, int at, int count) {
        long[] words = entries;
        words[entry] = first;
        words[entry + 1] = second;
        words[entry + 2] = third;
        words[entry + 3] = fourth;
        for (int i = 0; i < count; i += 2) {
            long next = i + 1 < count ? ids[at + i + 1] : 0;
            words[entry + IDS + (i >> 1)] = ids[at + i] | next << Integer.SIZE;
        }
        words[entry + COUNT] = count;
    }
}
