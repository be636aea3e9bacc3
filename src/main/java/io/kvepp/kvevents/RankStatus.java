package io.kvepp.kvevents;

import io.kvepp.worker.KvEventPublisher;

/// How the KV events of one rank arrive.
///
/// - `connected`: the connection to the publisher stands
/// - `lastEventId`: unsigned; 0 before the first event
/// - `eventsApplied`: events that reached the index
/// - `coldStarts`: how often the rank's part of the index was dropped because events were lost
///
/// Immutable.
public record RankStatus(
        KvEventPublisher publisher, boolean connected, long lastEventId, long eventsApplied, long coldStarts) {}
