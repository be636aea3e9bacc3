package io.kvepp.kvevents;

import io.kvepp.worker.KvEventPublisher;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// Asks a worker what one of its ranks holds.
///
/// Thread-safe.
public interface RecoveryClient {
    /// Nobody can be asked: every rank starts cold.
    RecoveryClient NONE = new RecoveryClient() {
        @Override
        public boolean canRecover(KvEventPublisher publisher) {
            return false;
        }

        @Override
        public CompletableFuture<RecoveryReply> recover(
                KvEventPublisher publisher, OptionalLong startEventId, Duration timeout) {
            return CompletableFuture.failedFuture(new IllegalStateException("no worker can be asked"));
        }
    };

    /// True when the publisher's worker can be asked at all.
    boolean canRecover(KvEventPublisher publisher);

    /// Asks for all events from `startEventId` (unsigned) on, or, when it is empty, for the whole
    /// tree; the worker may answer the former with the tree too. Returns at once. What fails on the
    /// way fails the future, which may be cancelled.
    CompletableFuture<RecoveryReply> recover(KvEventPublisher publisher, OptionalLong startEventId, Duration timeout);
}
