package io.kvepp.kvevents;

import io.kvepp.kvcache.RouterEvent;
import java.util.List;

/// What a worker answers when asked for the state of one of its ranks. Event ids are unsigned.
///
/// Source: Dynamo `lib/kv-router/src/indexer/types.rs`, the responses of the recovery endpoint.
///
/// Immutable.
public sealed interface RecoveryReply {
    /// All that happened from the event asked for up to `lastEventId`, in order. Events the index
    /// does not understand are left out.
    record Events(List<RouterEvent> events, long lastEventId) implements RecoveryReply {
        public Events {
            events = List.copyOf(events);
        }
    }

    /// All the rank holds after `lastEventId`, as stored events whose own ids mean nothing.
    record TreeDump(List<RouterEvent> events, long lastEventId) implements RecoveryReply {
        public TreeDump {
            events = List.copyOf(events);
        }
    }

    /// The event asked for has not happened yet, as far as the worker knows.
    record TooNew(long newestEventId) implements RecoveryReply {}

    /// The worker cannot answer; `kind` is its word for that, such as `InvalidRange`.
    record Refused(String kind) implements RecoveryReply {}
}
