package io.kvepp.eventplane;

/// One message of a publisher, unwrapped.
///
/// - `publisherId`: unsigned
/// - `sequence`: counts the publisher's messages from 0
///
/// Immutable.
public record EventMessage(long publisherId, long sequence, Payload payload) {}
