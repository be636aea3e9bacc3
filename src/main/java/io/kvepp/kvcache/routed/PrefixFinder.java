package io.kvepp.kvcache.routed;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.worker.WorkerWithDpRank;

/// Says who holds the prefix of a prompt, and hears where prompts are sent.
///
/// | made by | knows from |
/// |---|---|
/// | [#fromEvents] | KV events alone; decisions change nothing |
/// | [RoutedBlocks] | decisions alone |
/// | [#predicting] | KV events, and recent decisions whose events are still to come |
///
/// Thread-safe.
public interface PrefixFinder {
    /// How many leading blocks of the prompt each rank holds.
    OverlapScores findMatches(BlockHashes hashes);

    /// A prompt with these blocks is on its way to the rank.
    void routed(WorkerWithDpRank worker, BlockHashes hashes);

    static PrefixFinder fromEvents(KvIndexer indexer) {
        return new PrefixFinder() {
            @Override
            public OverlapScores findMatches(BlockHashes hashes) {
                return indexer.findMatches(hashes);
            }

            @Override
            public void routed(WorkerWithDpRank worker, BlockHashes hashes) {}
        };
    }

    /// Both at once: a rank has the longer of its two prefixes.
    static PrefixFinder predicting(KvIndexer indexer, RoutedBlocks decisions) {
        return new PredictedPrefixes(indexer, decisions);
    }
}
