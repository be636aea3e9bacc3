package io.kvepp.kvcache.routed;

/// The blocks of one rank, each with the moment it expires, the decision that made it and how many
/// decisions stand for it, in the order they were last touched.
///
/// Moments, and the numbers of decisions, never go down from one touch to the next.
///
/// Confined to whoever guards it.
final class RecentBlocks {
    /*
     * A block is a node: an index into six parallel arrays. A table of nodes, found by hash (open
     * addressing, linear probing, at most half full, removal shifts the rest of a run back), and a
     * list through all nodes from the one touched longest ago to the last. Free nodes form a list
     * of their own. 36 bytes a node and 8 to 16 in the table; the arrays double when full and halve
     * when three quarters are free.
     */
    private static final int NONE = -1;
    private static final int NODES_MIN = 32;

    private long[] hashes = {};
    private long[] expiries = {};
    private long[] makers = {};
    private int[] standing = {};
    private int[] previous = {};
    private int[] next = {};
    /// Nodes plus one; 0 marks a free place.
    private int[] table = {};

    private int oldest = NONE;
    private int newest = NONE;
    private int free = NONE;
    private int size;

    RecentBlocks() {
        allocate(NODES_MIN);
    }

    int size() {
        return size;
    }

    /// How many blocks it has room for; whenever that changes, all of them move.
    int capacity() {
        return hashes.length;
    }

    boolean contains(long hash) {
        return table[place(hash)] != 0;
    }

    /// How many of these blocks, from the first on, are there; writes to `nodes` where. They stay
    /// there while they are in and the [#capacity] is the same.
    int find(long[] blocks, int[] nodes) {
        int known = 0;
        while (known < blocks.length) {
            int found = table[place(blocks[known])];
            if (found == 0) {
                return known;
            }
            nodes[known++] = found - 1;
        }
        return known;
    }

    /// Moves a block that is there to the end.
    void touch(int node, long expiry) {
        unlink(node);
        expiries[node] = expiry;
        standing[node]++;
        append(node);
    }

    /// Adds the block, or moves it to the end.
    void touch(long hash, long expiry, long decision) {
        int found = table[place(hash)];
        if (found != 0) {
            touch(found - 1, expiry);
            return;
        }
        if (size == hashes.length) {
            resize(2 * hashes.length);
        }
        add(hash, expiry, decision, 1);
    }

    /// Takes back that a decision touched the block, which goes if no other stands for it; true if so.
    /// A block that was gone meanwhile and came again has nothing to do with the decision.
    boolean untouch(long hash, long decision) {
        int found = table[place(hash)];
        if (found == 0 || makers[found - 1] > decision || --standing[found - 1] > 0) {
            return false;
        }
        drop(found - 1);
        return true;
    }

    /// When the block touched longest ago expires; only while there is one.
    long oldestExpiry() {
        return expiries[oldest];
    }

    /// Takes the block touched longest ago away; only while there is one.
    long removeOldest() {
        long hash = hashes[oldest];
        drop(oldest);
        return hash;
    }

    private void drop(int node) {
        unlink(node);
        closeGap(place(hashes[node]));
        next[node] = free;
        free = node;
        size--;
        if (hashes.length > NODES_MIN && 4 * size <= hashes.length) {
            resize(hashes.length / 2);
        }
    }

    private void add(long hash, long expiry, long decision, int decisions) {
        int node = free;
        free = next[node];
        hashes[node] = hash;
        expiries[node] = expiry;
        makers[node] = decision;
        standing[node] = decisions;
        table[place(hash)] = node + 1;
        append(node);
        size++;
    }

    private void append(int node) {
        previous[node] = newest;
        next[node] = NONE;
        if (newest == NONE) {
            oldest = node;
        } else {
            next[newest] = node;
        }
        newest = node;
    }

    private void unlink(int node) {
        if (previous[node] == NONE) {
            oldest = next[node];
        } else {
            next[previous[node]] = next[node];
        }
        if (next[node] == NONE) {
            newest = previous[node];
        } else {
            previous[next[node]] = previous[node];
        }
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
            boolean mayMove = ((place - home(hashes[table[place] - 1])) & mask) >= ((place - gap) & mask);
            if (mayMove) {
                table[gap] = table[place];
                gap = place;
            }
        }
        table[gap] = 0;
    }

    private void resize(int nodes) {
        long[] oldHashes = hashes;
        long[] oldExpiries = expiries;
        long[] oldMakers = makers;
        int[] oldStanding = standing;
        int[] oldNext = next;
        int node = oldest;
        allocate(nodes);
        for (; node != NONE; node = oldNext[node]) {
            add(oldHashes[node], oldExpiries[node], oldMakers[node], oldStanding[node]);
        }
    }

    private void allocate(int nodes) {
        hashes = new long[nodes];
        expiries = new long[nodes];
        makers = new long[nodes];
        standing = new int[nodes];
        previous = new int[nodes];
        next = new int[nodes];
        table = new int[2 * nodes];
        for (int node = 0; node < nodes; node++) {
            next[node] = node + 1 < nodes ? node + 1 : NONE;
        }
        oldest = NONE;
        newest = NONE;
        free = 0;
        size = 0;
    }
}
