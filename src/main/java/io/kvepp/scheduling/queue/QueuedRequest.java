package io.kvepp.scheduling.queue;

import io.kvepp.worker.RankSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A request that asks to be admitted.
///
/// - `policyClass`: what it asks for, a class or a family; null when nothing
/// - `strictPriority`: higher goes first, whatever else; with a negative one it does not wait at all
/// - `priorityJump`: how much it is preferred within its class
/// - `promptTokens`, `cachedTokens`: of its prompt; the latter on the rank that holds most
/// - `arrivedNanos`: when it first asked, on the queue's clock
/// - `ranks`: those that may compute its prompt; at least one
///
/// Immutable.
public record QueuedRequest(
        @Nullable String policyClass,
        long strictPriority,
        int priorityJump,
        int promptTokens,
        int cachedTokens,
        long arrivedNanos,
        List<RankSlot> ranks,
        Waiter waiter) {
    int uncachedTokens() {
        return Math.max(0, promptTokens - cachedTokens);
    }

    /// What it takes of its class's turn.
    long cost() {
        return Math.max(1, uncachedTokens());
    }

    long workers() {
        return ranks.stream()
                .mapToLong(rank -> rank.worker().workerId())
                .distinct()
                .count();
    }
}
