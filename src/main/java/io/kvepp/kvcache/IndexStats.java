package io.kvepp.kvcache;

/// Counters of a [KvIndexer] since it was made, and its size now.
///
/// - `blocks`: distinct blocks that somebody holds in any tier, and those on the way to them
/// - `ownerBlocks`: blocks held, one for each rank and tier that holds it
/// - `eventsApplied`: of ranks that have a slot
/// - `rejected`: what was not believed
/// - `readers`: lookups that the writer disturbed
/// - `bytes`: memory taken by the index, an estimate
///
/// Immutable.
public record IndexStats(
        long blocks, OwnerBlocks ownerBlocks, long eventsApplied, Rejected rejected, Readers readers, long bytes) {
    public static final IndexStats NONE = new IndexStats(0, OwnerBlocks.NONE, 0, Rejected.NONE, Readers.NONE, 0);

    /// Blocks held, by tier.
    public record OwnerBlocks(long device, long hostPinned, long disk, long external) {
        static final OwnerBlocks NONE = new OwnerBlocks(0, 0, 0, 0);

        public long all() {
            return device + hostPinned + disk + external;
        }
    }

    /// Events, or hashes in them, that changed nothing.
    ///
    /// - `unknownParents`: stored events whose parent the rank does not hold
    /// - `unknownHashes`: removed hashes the rank did not hold
    /// - `conflictingHashes`: stored hashes that stand for another block of the rank already
    /// - `invalidSequences`: the same, where the other block comes before the new one
    /// - `overLimit`: stored events cut short because the rank, or the index, is full
    public record Rejected(
            long unknownParents, long unknownHashes, long conflictingHashes, long invalidSequences, long overLimit) {
        static final Rejected NONE = new Rejected(0, 0, 0, 0, 0);
    }

    /// What readers did because the index changed under them.
    ///
    /// - `retries`: looks that were in vain
    /// - `waits`: lookups that, after too many of those, waited for the writer
    public record Readers(long retries, long waits) {
        static final Readers NONE = new Readers(0, 0);
    }
}
