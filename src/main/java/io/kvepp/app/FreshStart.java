package io.kvepp.app;

import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.worker.KvEventPublisher;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/// Starts with an empty index: what a rank held when it first told of it does not count, what
/// happens from there on does.
///
/// Thread-safe.
final class FreshStart implements RecoveryClient {
    private final RecoveryClient workers;
    private final Set<Long> emptied = ConcurrentHashMap.newKeySet();

    FreshStart(RecoveryClient workers) {
        this.workers = workers;
    }

    @Override
    public boolean canRecover(KvEventPublisher publisher) {
        return workers.canRecover(publisher);
    }

    @Override
    public CompletableFuture<RecoveryReply> recover(
            KvEventPublisher publisher, OptionalLong startEventId, Duration timeout) {
        CompletableFuture<RecoveryReply> reply = workers.recover(publisher, startEventId, timeout);
        if (startEventId.isPresent() || emptied.contains(publisher.publisherId())) {
            return reply;
        }
        CompletableFuture<RecoveryReply> first = reply.thenApply(told -> emptiedOnce(publisher, told));
        // Cancelling what is given out would not reach the question otherwise.
        var _ = first.whenComplete((_, _) -> {
            if (first.isCancelled()) {
                reply.cancel(true);
            }
        });
        return first;
    }

    /// A question that got no tree does not count: the rank is asked again.
    private RecoveryReply emptiedOnce(KvEventPublisher publisher, RecoveryReply reply) {
        return reply instanceof RecoveryReply.TreeDump(var _, var lastEventId) && emptied.add(publisher.publisherId())
                ? new RecoveryReply.TreeDump(List.of(), lastEventId)
                : reply;
    }
}
