package io.kvepp.load;

/// The books of one worker rank.
///
/// Guarded by the [ActiveSequences] it belongs to.
final class RankLoad {
    private final LongCounts sharedBlocks = new LongCounts();
    private int requests;
    private long prefillTokens;
    private long privateBlocks;

    WorkerLoad snapshot() {
        return new WorkerLoad(requests, prefillTokens, sharedBlocks.size() + privateBlocks);
    }

    long prefillTokens() {
        return prefillTokens;
    }

    long blocks() {
        return sharedBlocks.size() + privateBlocks;
    }

    int requests() {
        return requests;
    }

    /// How many leading blocks of a prompt are in use here already.
    ///
    /// Every request enters all its leading blocks, so the blocks in use form whole prefixes and a
    /// binary search finds the end.
    int activePrefix(long[] sequenceHashes) {
        int low = 0;
        int high = sequenceHashes.length;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (sharedBlocks.contains(sequenceHashes[middle - 1])) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    void add(BookedLoad load) {
        requests++;
        prefillTokens += load.prefillTokens();
        privateBlocks += load.privateBlocks();
        for (long hash : load.sharedBlocks()) {
            sharedBlocks.increment(hash);
        }
    }

    void completePrefill(BookedLoad load) {
        prefillTokens -= load.prefillTokens();
    }

    void remove(BookedLoad load) {
        requests--;
        privateBlocks -= load.privateBlocks();
        for (long hash : load.sharedBlocks()) {
            sharedBlocks.decrement(hash);
        }
    }
}
