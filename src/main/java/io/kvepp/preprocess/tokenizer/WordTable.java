package io.kvepp.preprocess.tokenizer;

/// The tokens that a piece of exactly their bytes becomes, as far as such a piece has a [WordKey].
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class WordTable {
    /// What [#find] says for other pieces.
    static final int NONE = -1;

    /*
     * Open addressing, linear probing, 16 bytes a slot: the key's two words, the id in the free bits of the second. An
     * empty slot is zero, which no key is, because its last bytes are text or 0xFF. At most two thirds full.
     *
     * Filled in the order of the ids: byte-level vocabularies number frequent words first, so these stand where their
     * hash points to. The whole table is 4 MB for 150,000 tokens; what a text uses of it lies in few cache lines.
     */
    final long[] slots;
    final int shift;

    WordTable(int words) {
        int size = Integer.highestOneBit(Math.max(8, words + (words >> 1)) * 2 - 1);
        slots = new long[2 * size];
        shift = Integer.numberOfLeadingZeros(size - 1) + Integer.SIZE;
    }

    /// The piece is at most [WordKey#BYTES_MAX] long and not in here yet.
    void put(byte[] bytes, int length, int id) {
        long low = WordKey.low(bytes, 0, length);
        long high = WordKey.high(bytes, 0, length);
        int slot = slot(WordKey.hash(low, high));
        while (slots[slot + 1] != 0) {
            slot = (slot + 2) & (slots.length - 1);
        }
        slots[slot] = low;
        slots[slot + 1] = high | id;
    }

    /// Writes to `ids`, for each piece of a text, its id if it is where its hash points to, else
    /// [#NONE].
    void find(byte[] text, int start, int[] ends, int count, int[] ids) {
        long[] table = slots;
        int from = start;
        for (int i = 0; i < count; i++) {
            int end = ends[i];
            int length = Math.min(end - from, WordKey.BYTES_MAX + 1);
            long low = WordKey.low(text, from, length);
            long high = WordKey.high(text, from, length);
            int slot = slot(WordKey.hash(low, high));
            long second = table[slot + 1];
            long difference = (table[slot] ^ low) | ((second & ~(long) WordKey.VALUE_MASK) ^ high);
            ids[i] = id(second) | (int) ((difference | -difference) >> 63);
            from = end;
        }
    }

    /// Index of the first of the two words a key with this hash is looked for at.
    int slot(long hash) {
        return (int) (hash >>> shift) << 1;
    }

    /// The id of a piece, or [#NONE].
    int find(long low, long high, int home) {
        int slot = home;
        while (true) {
            long second = slots[slot + 1];
            if (slots[slot] == low && isKey(second, high)) {
                return id(second);
            }
            if (second == 0) {
                return NONE;
            }
            slot = (slot + 2) & (slots.length - 1);
        }
    }

    /// Whether the second word of a slot is that of a key.
    static boolean isKey(long second, long high) {
        return (second & ~(long) WordKey.VALUE_MASK) == high;
    }

    /// The id in the second word of a slot.
    static int id(long second) {
        return (int) second & WordKey.VALUE_MASK;
    }
}
