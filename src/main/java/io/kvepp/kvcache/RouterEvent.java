package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;

/// A [KvCacheEvent] with its origin. `eventId` counts up by one per publisher, starting at 1.
///
/// Immutable.
public record RouterEvent(WorkerWithDpRank worker, StorageTier tier, long eventId, KvCacheEvent event) {}
