package io.kvepp.worker;

/// Where the KV events of one worker rank come from: the publisher an `EventSource` record
/// advertises for the rank, joined with the address in its `EventChannel` record.
///
/// - `publisherId`: unsigned; the id in the frames of the event plane
/// - `endpoint`: what a subscriber connects to, such as `tcp://10.0.0.5:35511`
///
/// Immutable.
public record KvEventPublisher(long publisherId, WorkerWithDpRank worker, String endpoint) {}
