package io.kvepp.eventplane;

/// One message of a publisher, unwrapped.
///
/// - `publisherId`: unsigned
/// - `sequence`: counts the publisher's messages from 0
///
/// Immutable; the payload is not copied and must not be changed.
public record EventMessage(long publisherId, long sequence, byte[] payload) {}
