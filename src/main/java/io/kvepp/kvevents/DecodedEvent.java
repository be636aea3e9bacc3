package io.kvepp.kvevents;

import io.kvepp.kvcache.RouterEvent;
import io.kvepp.worker.WorkerWithDpRank;

/// One event of a message.
///
/// Immutable.
sealed interface DecodedEvent {
    WorkerWithDpRank worker();

    /// Unsigned.
    long eventId();

    /// An event the index understands.
    record Applicable(RouterEvent event) implements DecodedEvent {
        @Override
        public WorkerWithDpRank worker() {
            return event.worker();
        }

        @Override
        public long eventId() {
            return event.eventId();
        }
    }

    /// A well-formed event about blocks that are not the worker's own, or in a tier this process
    /// does not know. It counts as seen.
    record Ignored(WorkerWithDpRank worker, long eventId) implements DecodedEvent {}
}
