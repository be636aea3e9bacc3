package io.kvepp.load;

/// The books of one worker rank.
///
/// Guarded by the [ActiveSequences] it belongs to.
final class RankLoad {
    /*
     * Most ranks compute nothing that begins like the prompt in question. `beginnings` tells so
     * without a look into the blocks: bit n is set while a live request's first block falls into
     * group n, of which `beginningCounts` has the number of requests.
     */
    private static final int GROUP_BITS = 6;

    private final SharedBlocks sharedBlocks = new SharedBlocks();
    private final int[] beginningCounts = new int[1 << GROUP_BITS];
    private long beginnings;
    private int requests;
    private long prefillTokens;
    private long privateBlocks;
    private double outputBlocks;

    WorkerLoad snapshot() {
        return new WorkerLoad(requests, prefillTokens, blocks());
    }

    long prefillTokens() {
        return prefillTokens;
    }

    long blocks() {
        return Math.round(sharedBlocks.weight() + privateBlocks + outputBlocks);
    }

    int requests() {
        return requests;
    }

    /// How many leading blocks of a prompt are in use here already.
    ///
    /// Every request has blocks from its first one on, so the blocks in use form whole prefixes and
    /// a binary search finds the end.
    int activePrefix(long[] sequenceHashes) {
        if (sequenceHashes.length == 0
                || (beginnings >>> group(sequenceHashes) & 1) == 0
                || !sharedBlocks.contains(sequenceHashes[0])) {
            return 0;
        }
        int low = 1;
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
        countBeginning(load.sharedBlocks(), 1);
    }

    /// Blocks of the prompt from `start` to `end`, behind those it has added.
    void addBlocks(BookedLoad load, int start, int end) {
        for (int i = start; i < end; i++) {
            sharedBlocks.increment(load.sharedBlocks()[i]);
        }
    }

    void completePrefill(BookedLoad load) {
        prefillTokens -= load.prefillTokens();
    }

    /// Blocks of generated tokens weigh from now on `weight` each instead of what they weighed, and
    /// so do the blocks at the prompt's end that no other request uses.
    void weighOutput(BookedLoad load, double addedWeight, double promptWeight) {
        outputBlocks += addedWeight;
        boolean changes = promptWeight < 1 || sharedBlocks.weight() < sharedBlocks.size();
        long[] prompt = load.sharedBlocks();
        for (int i = prompt.length - 1; changes && i >= 0 && sharedBlocks.count(prompt[i]) == 1; i--) {
            sharedBlocks.setWeight(prompt[i], promptWeight);
        }
    }

    /// One more block of generated tokens, of weight 1.
    void addOutput() {
        outputBlocks++;
    }

    void remove(BookedLoad load, double outputWeight) {
        requests--;
        privateBlocks -= load.privateBlocks();
        outputBlocks = requests == 0 ? 0 : outputBlocks - outputWeight;
        countBeginning(load.sharedBlocks(), -1);
    }

    /// Blocks of the prompt from `start` to `end`, the last ones that it has here.
    void removeBlocks(BookedLoad load, int start, int end) {
        for (int i = end - 1; i >= start; i--) {
            sharedBlocks.decrement(load.sharedBlocks()[i]);
        }
    }

    private void countBeginning(long[] prompt, int difference) {
        if (prompt.length > 0) {
            int group = group(prompt);
            beginningCounts[group] += difference;
            beginnings = beginningCounts[group] == 0 ? beginnings & ~(1L << group) : beginnings | 1L << group;
        }
    }

    private static int group(long[] prompt) {
        return (int) (prompt[0] >>> (Long.SIZE - GROUP_BITS));
    }
}
