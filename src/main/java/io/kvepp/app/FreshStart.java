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

/// Starts with an empty index: what a rank held when it was first asked does not count, what happens
/// from there on does.
///
/// Thread-safe.
final class FreshStart implements RecoveryClient {
    private final RecoveryClient workers;
    private final Set<Long> asked = ConcurrentHashMap.newKeySet();

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
        boolean first = startEventId.isEmpty() && asked.add(publisher.publisherId());
        return first ? reply.thenApply(FreshStart::emptied) : reply;
    }

    private static RecoveryReply emptied(RecoveryReply reply) {
        return reply instanceof RecoveryReply.TreeDump(var _, var lastEventId)
                ? new RecoveryReply.TreeDump(List.of(), lastEventId)
                : reply;
    }
}
