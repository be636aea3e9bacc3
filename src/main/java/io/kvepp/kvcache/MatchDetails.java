package io.kvepp.kvcache;

/// [OverlapScores] with, by slot, the external hash of the last device block that matched.
///
/// `lastDeviceHashes` has the length of `scores.deviceBlocks()`; an entry means something only where
/// that one is not zero. It is the rank's own name for the block, by which an event of the rank may go
/// on; of several such names any.
///
/// Immutable; the arrays are not copied and must not be changed.
public record MatchDetails(OverlapScores scores, long[] lastDeviceHashes) {}
