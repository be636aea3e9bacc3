package io.kvepp.worker;

/// Where a worker's engine tells how full its cache is.
///
/// - `publisherId`: unsigned; the id in the frames of the event plane
/// - `endpoint`: as in [KvEventPublisher]
///
/// Immutable.
public record LoadPublisher(long publisherId, String endpoint) {}
