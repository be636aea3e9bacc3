package io.kvepp.worker;

import org.jspecify.annotations.Nullable;

/// Where the KV events of one worker rank come from: the publisher an `EventSource` record
/// advertises for the rank, joined with the address in its `EventChannel` record, if it has one.
///
/// - `publisherId`: unsigned; the id in the frames of the event plane
/// - `endpoint`: the publisher's socket, such as `tcp://10.0.0.5:35511`, or a subject on a server or
///   on brokers: `subject:NAME` or `subject:NAME@tcp://10.0.0.9:5555;tcp://10.0.0.8:5555`
/// - `recoveryTarget`: who can be asked for what the rank holds; null when its events are live only
///
/// Immutable.
public record KvEventPublisher(
        long publisherId,
        WorkerWithDpRank worker,
        String endpoint,
        @Nullable RecoveryTarget recoveryTarget) {
    /// A publisher whose events are live only.
    public KvEventPublisher(long publisherId, WorkerWithDpRank worker, String endpoint) {
        this(publisherId, worker, endpoint, null);
    }
}
