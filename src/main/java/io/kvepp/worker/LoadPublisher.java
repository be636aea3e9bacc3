package io.kvepp.worker;

/// Where a worker's engine tells how full its cache is.
///
/// - `publisherId`: unsigned; the id in the frames of the event plane
/// - `endpoint`: what a subscriber connects to, such as `tcp://10.0.0.5:35511`
///
/// Immutable.
public record LoadPublisher(long publisherId, String endpoint) {}
