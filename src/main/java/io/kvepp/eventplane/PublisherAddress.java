package io.kvepp.eventplane;

/// Where one publisher can be connected to.
///
/// - `publisherId`: unsigned
/// - `endpoint`: such as `tcp://10.0.0.5:35511` or `tcp://[fd00::5]:35511`
///
/// Immutable.
public record PublisherAddress(long publisherId, String endpoint) {}
