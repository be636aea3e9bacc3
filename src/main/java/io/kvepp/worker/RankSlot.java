package io.kvepp.worker;

/// A live rank with its slot: a candidate for a request.
///
/// Immutable.
public record RankSlot(WorkerWithDpRank worker, int slot) {}
