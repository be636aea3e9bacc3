package io.kvepp.kvcache.routed;

/// The blocks of one rank, each with the moment it expires, the decision that made it and how many
/// decisions stand for it, in the order they were last touched.
///
/// Moments, 0 to 2^31 - 1, and the numbers of decisions never go down from one touch to the next.
///
/// Confined to whoever guards it.
final class RecentBlocks {
    /*
     * A block is a node: four words of one array, so that a touch reads one cache line and those of
     * its neighbours. A table of nodes, found by hash (open addressing, linear probing, at most half
     * full, removal shifts the rest of a run back), and a list through all nodes from the one touched
     * longest ago to the last. A prompt is touched from its last block to its first, so the block
     * that follows another in the prompt most often comes before it in the list, and beside it in
     * memory: the table is asked only where prompts part. Free nodes form a list of their own. 32
     * bytes a node and 8 to 16 in the table; the arrays double when full and halve when three
     * quarters are free.
     *
     * Blocks that come and go together are expected first: the places of all of them are read in one
     * go, which takes as long as reading the place of one, as none of the reads needs another.
     */
    private static final int NONE = -1;
    private static final int NODES_MIN = 32;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    /// The words of a node: its hash, the decision that made it, the nodes before it (upper half) and
    /// after it, when it expires (upper half) and how many decisions stand for it.
    private static final int WORDS_LOG2 = 2;

    private static final int MAKER = 1;
    private static final int NEIGHBOURS = 2;
    private static final int LIFE = 3;

    private long[] nodes = {};
    /// Nodes plus one; 0 marks a free place.
    private int[] table = {};

    private int oldest = NONE;
    private int newest = NONE;
    private int free = NONE;
    private int size;

    @SuppressWarnings("UnusedVariable") // written so that the reads before it are not left out
    private long read;

    RecentBlocks() {
        allocate(NODES_MIN);
    }

    int size() {
        return size;
    }

    /// How many blocks it has room for; whenever that changes, all of them move.
    int capacity() {
        return nodes.length >> WORDS_LOG2;
    }

    boolean contains(long hash) {
        return table[place(hash)] != 0;
    }

    /// How many of these blocks, from the first on, are there; writes to `found` where. They stay
    /// there while they are in and the [#capacity] is the same.
    int find(long[] blocks, int[] found) {
        int known = 0;
        int node = NONE;
        while (known < blocks.length) {
            int likely = node == NONE ? NONE : previous(node);
            node = likely != NONE && hash(likely) == blocks[known] ? likely : table[place(blocks[known])] - 1;
            if (node == NONE) {
                return known;
            }
            found[known++] = node;
        }
        return known;
    }

    /// Blocks from `from` on are about to be touched by hash.
    void expect(long[] blocks, int from) {
        long sum = 0;
        for (int i = from; i < blocks.length; i++) {
            sum += table[home(blocks[i])];
        }
        read += sum;
    }

    /// How many of those touched longest ago expire at `moment` or before, up to `max`: about to be
    /// removed.
    int expectExpired(long moment, int max) {
        long sum = 0;
        int count = 0;
        for (int node = oldest; node != NONE && count < max && expiry(node) <= moment; node = next(node)) {
            int place = home(hash(node));
            sum += table[place] + table[(place + 1) & (table.length - 1)];
            count++;
        }
        read += sum;
        return count;
    }

    /// Moves a block that is there to the end.
    void touch(int node, int expiry) {
        unlink(node);
        int standing = standing(node);
        setLife(node, expiry, standing == Integer.MAX_VALUE ? standing : standing + 1);
        append(node);
    }

    /// Adds the block, or moves it to the end.
    void touch(long hash, int expiry, long decision) {
        int place = place(hash);
        if (table[place] != 0) {
            touch(table[place] - 1, expiry);
            return;
        }
        if (size == capacity()) {
            resize(2 * size);
            place = place(hash);
        }
        add(place, hash, expiry, decision, 1);
    }

    /// Takes back that a decision touched the block, which goes if no other stands for it; true if so.
    /// A block that was gone meanwhile and came again has nothing to do with the decision.
    boolean untouch(long hash, long decision) {
        int node = table[place(hash)] - 1;
        if (node == NONE || word(node, MAKER) > decision) {
            return false;
        }
        int standing = standing(node) - 1;
        setLife(node, expiry(node), standing);
        if (standing > 0) {
            return false;
        }
        drop(node);
        return true;
    }

    /// Takes the block touched longest ago away; only while there is one.
    long removeOldest() {
        long hash = hash(oldest);
        drop(oldest);
        return hash;
    }

    private void drop(int node) {
        unlink(node);
        closeGap(place(hash(node)));
        link(node, NONE, free);
        free = node;
        size--;
        if (capacity() > NODES_MIN && 4 * size <= capacity()) {
            resize(capacity() / 2);
        }
    }

    private void add(int place, long hash, int expiry, long decision, int decisions) {
        int node = free;
        free = next(node);
        nodes[node << WORDS_LOG2] = hash;
        nodes[(node << WORDS_LOG2) + MAKER] = decision;
        setLife(node, expiry, decisions);
        table[place] = node + 1;
        append(node);
        size++;
    }

    private void append(int node) {
        link(node, newest, NONE);
        if (newest == NONE) {
            oldest = node;
        } else {
            link(newest, previous(newest), node);
        }
        newest = node;
    }

    private void unlink(int node) {
        int before = previous(node);
        int after = next(node);
        if (before == NONE) {
            oldest = after;
        } else {
            link(before, previous(before), after);
        }
        if (after == NONE) {
            newest = before;
        } else {
            link(after, before, next(after));
        }
    }

    private void link(int node, int before, int after) {
        nodes[(node << WORDS_LOG2) + NEIGHBOURS] = pair(before, after);
    }

    private int previous(int node) {
        return (int) (word(node, NEIGHBOURS) >>> Integer.SIZE);
    }

    private int next(int node) {
        return (int) word(node, NEIGHBOURS);
    }

    private void setLife(int node, int expiry, int standing) {
        nodes[(node << WORDS_LOG2) + LIFE] = pair(expiry, standing);
    }

    private int expiry(int node) {
        return (int) (word(node, LIFE) >>> Integer.SIZE);
    }

    private int standing(int node) {
        return (int) word(node, LIFE);
    }

    private long hash(int node) {
        return nodes[node << WORDS_LOG2];
    }

    private long word(int node, int word) {
        return nodes[(node << WORDS_LOG2) + word];
    }

    private static long pair(int upper, int lower) {
        return (long) upper << Integer.SIZE | lower & LOW_HALF;
    }

    /// The block's place, or the free one where it would go.
    private int place(long hash) {
        int mask = table.length - 1;
        int place = home(hash);
        while (table[place] != 0 && hash(table[place] - 1) != hash) {
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
            boolean mayMove = ((place - home(hash(table[place] - 1))) & mask) >= ((place - gap) & mask);
            if (mayMove) {
                table[gap] = table[place];
                gap = place;
            }
        }
        table[gap] = 0;
    }

    private void resize(int capacity) {
        long[] old = nodes;
        int node = oldest;
        allocate(capacity);
        while (node != NONE) {
            int at = node << WORDS_LOG2;
            long life = old[at + LIFE];
            add(place(old[at]), old[at], (int) (life >>> Integer.SIZE), old[at + MAKER], (int) life);
            node = (int) old[at + NEIGHBOURS];
        }
    }

    private void allocate(int capacity) {
        nodes = new long[capacity << WORDS_LOG2];
        table = new int[2 * capacity];
        oldest = NONE;
        newest = NONE;
        size = 0;
        for (int node = 0; node < capacity; node++) {
            link(node, NONE, node + 1 < capacity ? node + 1 : NONE);
        }
        free = 0;
    }
}
