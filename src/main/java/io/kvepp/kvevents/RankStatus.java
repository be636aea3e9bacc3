package io.kvepp.kvevents;

import io.kvepp.worker.KvEventPublisher;
import java.util.List;

/// How the KV events of one rank arrive.
///
/// - `connected`: the connection to the publisher stands
/// - `state`: `live` (the index has all the rank holds), `recovering` (it has nothing, the worker
///   is being asked) or `cold` (it has only what happened since some moment)
/// - `lastEventId`: unsigned; 0 before the first event
/// - `eventsApplied`: events that reached the index
/// - `coldStarts`: how often the rank's part of the index was dropped because events were lost
///
/// Immutable.
public record RankStatus(
        KvEventPublisher publisher,
        boolean connected,
        String state,
        long lastEventId,
        long eventsApplied,
        long coldStarts) {
    /// All values of `state`.
    public static final List<String> STATES = List.of("live", "recovering", "cold");
}
