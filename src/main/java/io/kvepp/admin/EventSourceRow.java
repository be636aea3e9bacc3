package io.kvepp.admin;

/// The KV event source of one worker rank, as operators see it. `state` is `live`, `recovering` or
/// `cold`. `lastEventId` is 0 before the first
/// event.
///
/// Immutable.
public record EventSourceRow(
        String workerId, int dpRank, boolean connected, String state, long lastEventId, long gaps) {}
