package io.kvepp.router.simulation;

/// The KV cache of one modelled engine: a fixed number of blocks, of which those nobody uses go least
/// recently used first, and of one prompt the last before those before it.
///
/// Blocks are named by sequence hash. Those in use are pinned; others without a name (of answers)
/// are only counted.
///
/// Confined to the thread that simulates.
final class ModelledCache {
    /*
     * Entries are indices into parallel arrays; unpinned ones are linked from the one used longest ago
     * to the last. A prompt is unpinned from its last block to its first, and pinning any block pins
     * all before it: so a block is always older than those before it, and the oldest is a leaf.
     */
    private static final int NONE = -1;

    private final int capacity;
    private final long[] hashes;
    private final int[] pins;
    private final int[] older;
    private final int[] newer;
    private final int[] freeEntries;
    /// Entries plus one; 0 marks a free place.
    private final int[] table;

    private int free;
    private int oldest = NONE;
    private int newest = NONE;
    private int unpinned;
    private int unnamed;

    ModelledCache(int capacity) {
        this.capacity = capacity;
        hashes = new long[capacity];
        pins = new int[capacity];
        older = new int[capacity];
        newer = new int[capacity];
        freeEntries = new int[capacity];
        table = new int[Integer.highestOneBit(capacity) * 4];
        for (int i = 0; i < capacity; i++) {
            freeEntries[i] = i;
        }
        free = capacity;
    }

    private ModelledCache(ModelledCache other) {
        capacity = other.capacity;
        hashes = other.hashes.clone();
        pins = other.pins.clone();
        older = other.older.clone();
        newer = other.newer.clone();
        freeEntries = other.freeEntries.clone();
        table = other.table.clone();
        free = other.free;
        oldest = other.oldest;
        newest = other.newest;
        unpinned = other.unpinned;
        unnamed = other.unnamed;
    }

    ModelledCache copy() {
        return new ModelledCache(this);
    }

    /// How many leading blocks are here.
    int prefix(long[] prompt) {
        int blocks = 0;
        while (blocks < prompt.length && table[place(prompt[blocks])] != 0) {
            blocks++;
        }
        return blocks;
    }

    /// Whether a prompt and so many blocks without a name can be in use beside those that are now.
    boolean fits(long[] prompt, int unnamedBlocks) {
        int held = prefix(prompt);
        int unpinnedHeld = 0;
        for (int i = 0; i < held; i++) {
            unpinnedHeld += pins[table[place(prompt[i])] - 1] == 0 ? 1 : 0;
        }
        return prompt.length - held + unnamedBlocks <= room() + unpinned - unpinnedHeld;
    }

    /// Takes a prompt and so many blocks without a name into use, which fit; returns the hashes that
    /// had to go.
    long[] use(long[] prompt, int unnamedBlocks) {
        int held = prefix(prompt);
        for (int i = 0; i < held; i++) {
            pin(table[place(prompt[i])] - 1);
        }
        long[] evicted = evict(prompt.length - held + unnamedBlocks - room());
        unnamed += unnamedBlocks;
        for (int i = held; i < prompt.length; i++) {
            add(prompt[i]);
        }
        return evicted;
    }

    /// Ends one use.
    void release(long[] prompt, int unnamedBlocks) {
        unnamed -= unnamedBlocks;
        for (int i = prompt.length - 1; i >= 0; i--) {
            int entry = table[place(prompt[i])] - 1;
            if (--pins[entry] == 0) {
                append(entry);
            }
        }
    }

    private int room() {
        return free - unnamed;
    }

    private long[] evict(int count) {
        long[] evicted = new long[Math.max(0, count)];
        for (int i = 0; i < evicted.length; i++) {
            int entry = oldest;
            unlink(entry);
            evicted[i] = hashes[entry];
            closeGap(place(hashes[entry]));
            freeEntries[free++] = entry;
        }
        return evicted;
    }

    private void add(long hash) {
        int entry = freeEntries[--free];
        hashes[entry] = hash;
        pins[entry] = 1;
        table[place(hash)] = entry + 1;
    }

    private void pin(int entry) {
        if (pins[entry]++ == 0) {
            unlink(entry);
        }
    }

    private void append(int entry) {
        older[entry] = newest;
        newer[entry] = NONE;
        if (newest == NONE) {
            oldest = entry;
        } else {
            newer[newest] = entry;
        }
        newest = entry;
        unpinned++;
    }

    private void unlink(int entry) {
        if (older[entry] == NONE) {
            oldest = newer[entry];
        } else {
            newer[older[entry]] = newer[entry];
        }
        if (newer[entry] == NONE) {
            newest = older[entry];
        } else {
            older[newer[entry]] = older[entry];
        }
        unpinned--;
    }

    /// The block's place, or the free one where it would go.
    private int place(long hash) {
        int mask = table.length - 1;
        int place = home(hash);
        while (table[place] != 0 && hashes[table[place] - 1] != hash) {
            place = (place + 1) & mask;
        }
        return place;
    }

    private int home(long hash) {
        return (int) ((hash * 0x9E3779B97F4A7C15L) >>> 32) & (table.length - 1);
    }

    private void closeGap(int freed) {
        int mask = table.length - 1;
        int gap = freed;
        for (int place = (gap + 1) & mask; table[place] != 0; place = (place + 1) & mask) {
            if (((place - home(hashes[table[place] - 1])) & mask) >= ((place - gap) & mask)) {
                table[gap] = table[place];
                gap = place;
            }
        }
        table[gap] = 0;
    }
}
