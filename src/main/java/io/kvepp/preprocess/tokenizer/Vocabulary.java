package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Tokens by their bytes.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class Vocabulary {
    /// What [#get] says for bytes that are no token.
    static final int NONE = -1;

    /*
     * Open addressing, never more than half full: a slot holds the upper half of the hash and the entry's number
     * plus one; the bytes lie in one arena.
     */
    private static final long HASH_BITS = 0xFFFFFFFF00000000L;

    private final long[] slots;
    private final int[] ids;
    private final int[] offsets;
    private byte[] arena;
    private int size;
    private int longest;

    Vocabulary(int tokens) {
        slots = new long[Integer.highestOneBit(Math.max(8, tokens) * 2 - 1) * 2];
        ids = new int[tokens];
        offsets = new int[tokens + 1];
        arena = new byte[Math.max(64, tokens * 8)];
    }

    /// `bytes` has [Mix#SPARE_BYTES] behind `length`, and is not in here yet.
    void put(byte[] bytes, int length, int id) {
        int offset = offsets[size];
        if (offset + length > arena.length) {
            arena = Arrays.copyOf(arena, Math.max(offset + length, 2 * arena.length));
        }
        System.arraycopy(bytes, 0, arena, offset, length);
        ids[size] = id;
        offsets[size + 1] = offset + length;
        longest = Math.max(longest, length);
        long hash = Mix.bytes(bytes, length);
        int slot = slot(hash);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = (hash & HASH_BITS) | ++size;
    }

    /// `hash` is [Mix#bytes] of the bytes.
    int get(byte[] bytes, int length, long hash) {
        return get(bytes, 0, length, hash);
    }

    /// `hash` is [Mix#bytes] of the bytes from `from` on.
    int get(byte[] bytes, int from, int length, long hash) {
        if (length > longest) {
            return NONE;
        }
        int slot = slot(hash);
        for (long found = slots[slot]; found != 0; found = slots[slot]) {
            if (((found ^ hash) & HASH_BITS) == 0 && matches((int) found - 1, bytes, from, length)) {
                return ids[(int) found - 1];
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        return NONE;
    }

    private boolean matches(int entry, byte[] bytes, int from, int length) {
        return Arrays.equals(arena, offsets[entry], offsets[entry + 1], bytes, from, from + length);
    }

    private int slot(long hash) {
        // Mix leaves its best bits high, so the slot takes what the kept half does not show.
        return (int) (hash >>> 20) & (slots.length - 1);
    }
}
