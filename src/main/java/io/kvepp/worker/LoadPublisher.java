package io.kvepp.worker;

/// Where a worker's engine tells of its load.
///
/// - `topic`: what it tells there
/// - `publisherId`: unsigned; the id in the frames of the event plane, 0 where any may publish
/// - `endpoint`: as in [KvEventPublisher]
///
/// Immutable.
public record LoadPublisher(String topic, long publisherId, String endpoint) {}
