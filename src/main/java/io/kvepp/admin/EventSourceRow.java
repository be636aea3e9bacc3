package io.kvepp.admin;

/// The KV event source of one worker rank, as operators see it. `lastEventId` is 0 before the first
/// event.
///
/// Immutable.
public record EventSourceRow(String workerId, int dpRank, boolean connected, long lastEventId, long gaps) {}
