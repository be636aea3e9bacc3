package io.kvepp.kvcache;

/// Counters of a [KvIndexer] since it was made, and its size now.
///
/// - `blocks`: distinct blocks held by anybody, in any tier
/// - `ownerBlocks`: the sum over ranks and tiers of blocks held
/// - `unknownParents`: stored events rejected because the rank does not hold the parent
/// - `unknownHashes`: removed hashes the rank did not hold
/// - `conflictingHashes`: stored hashes that contradict what the rank said before
///
/// Immutable.
public record IndexStats(
        long blocks,
        long ownerBlocks,
        long eventsApplied,
        long unknownParents,
        long unknownHashes,
        long conflictingHashes) {}
