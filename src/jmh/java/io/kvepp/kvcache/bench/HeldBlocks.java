package io.kvepp.kvcache.bench;

/// Who holds which block: the plain model that every index has to agree with.
///
/// *Confined* to the generator's thread.
final class HeldBlocks {
    private final long[][] holders;
    private final int words;
    private final int workers;

    HeldBlocks(int blocks, int workers) {
        holders = new long[blocks][];
        words = (workers + Long.SIZE - 1) >> 6;
        this.workers = workers;
    }

    void add(int worker, int block) {
        if (holders[block] == null) {
            holders[block] = new long[words];
        }
        holders[block][worker >> 6] |= 1L << worker;
    }

    void remove(int worker, int block) {
        holders[block][worker >> 6] &= ~(1L << worker);
        for (long word : holders[block]) {
            if (word != 0) {
                return;
            }
        }
        holders[block] = null;
    }

    /// For each worker, how many blocks of the prompt it holds from the start without a hole.
    short[] prefixes(int[] path) {
        short[] lengths = new short[workers];
        long[] alive = new long[words];
        for (int worker = 0; worker < workers; worker++) {
            alive[worker >> 6] |= 1L << worker;
        }
        long anyAlive = 1;
        for (int depth = 0; depth < path.length && anyAlive != 0 && holders[path[depth]] != null; depth++) {
            anyAlive = 0;
            for (int word = 0; word < words; word++) {
                alive[word] &= holders[path[depth]][word];
                anyAlive |= alive[word];
                for (long bits = alive[word]; bits != 0; bits &= bits - 1) {
                    lengths[(word << 6) + Long.numberOfTrailingZeros(bits)] = (short) (depth + 1);
                }
            }
        }
        return lengths;
    }
}
