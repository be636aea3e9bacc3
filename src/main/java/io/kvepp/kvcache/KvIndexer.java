package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;

/// The index of who holds which prefix.
///
/// A rank matches the longest prefix of a prompt whose every block it holds *now*. Engines keep a
/// block's children when the block is evicted: they are unreachable until the block is stored
/// again, and then match again without a new event. Never over-counts; never under-counts once
/// every event is applied.
///
/// A stored event whose parent the rank holds in no tier is rejected; a removed hash the rank does
/// not know is skipped; both are counted in [#stats]. Nothing an event says ever throws.
///
/// Single-writer: [#apply] and [#removeRank] are called by one thread at a time. [#findMatches] and
/// [#stats] by any number, without waiting.
public interface KvIndexer {
    void apply(RouterEvent event);

    /// Forgets everything the rank holds, in every tier.
    void removeRank(WorkerWithDpRank worker);

    OverlapScores findMatches(BlockHashes hashes);

    IndexStats stats();
}
