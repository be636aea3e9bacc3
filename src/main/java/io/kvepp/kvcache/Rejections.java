package io.kvepp.kvcache;

/// Counts what was not believed.
///
/// Confined to the index's writer.
final class Rejections {
    long unknownParents;
    long unknownHashes;
    long conflictingHashes;
    long invalidSequences;
    long overLimit;

    IndexStats.Rejected counted() {
        return new IndexStats.Rejected(unknownParents, unknownHashes, conflictingHashes, invalidSequences, overLimit);
    }
}
