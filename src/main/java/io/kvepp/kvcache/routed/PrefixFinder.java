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

    /// Nobody reads these scores any more, nor gives them back again.
    ///
    /// @see KvIndexer#recycle
    void recycle(OverlapScores scores);

    /// A prompt with these blocks is on its way to the rank. The answer takes that back: a no-op
    /// from the second time on.
    Undo routed(WorkerWithDpRank worker, BlockHashes hashes);

    /// Takes back that a prompt was sent to a rank.
    ///
    /// Thread-safe.
    @FunctionalInterface
    interface Undo {
        /// There is nothing to take back.
        Undo NOTHING = () -> {};

        /// The prompt was not sent: what only it made count as held is forgotten.
        void undo();
    }

    static PrefixFinder fromEvents(KvIndexer indexer) {
        return new PrefixFinder() {
            @Override
            public OverlapScores findMatches(BlockHashes hashes) {
                return indexer.findMatches(hashes);
            }

            @Override
            public void recycle(OverlapScores scores) {
                indexer.recycle(scores);
            }

            @Override
            public Undo routed(WorkerWithDpRank worker, BlockHashes hashes) {
                return Undo.NOTHING;
            }
        };
    }

    /// Both at once: a rank has the longer of its two prefixes.
    static PrefixFinder predicting(KvIndexer indexer, RoutedBlocks decisions) {
        return new PredictedPrefixes(indexer, decisions);
    }
}
