package io.kvepp.scheduling.queue;

import io.kvepp.worker.RankSlot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The waiting requests of one class: a lane for each set of ranks they may run on, so that a
/// request whose ranks are busy holds up nobody who may run elsewhere.
///
/// Guarded by the [AdmissionQueue] it belongs to.
final class ClassQueue {
    private final PolicyClass policy;
    private final Map<List<RankSlot>, TreeSet<WaitingRequest>> lanes = new HashMap<>();
    private final TreeSet<WaitingRequest> all = new TreeSet<>(WaitingRequest.ORDER);
    private long promptTokens;
    private long cachedTokens;

    ClassQueue(PolicyClass policy) {
        this.policy = policy;
    }

    PolicyClass policy() {
        return policy;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    int size() {
        return all.size();
    }

    /// Whether somebody waits for exactly these ranks.
    boolean isAwaited(List<RankSlot> ranks) {
        return !lanes.isEmpty() && lanes.containsKey(ranks);
    }

    void add(WaitingRequest waiting) {
        lanes.computeIfAbsent(waiting.request().ranks(), _ -> new TreeSet<>(WaitingRequest.ORDER))
                .add(waiting);
        all.add(waiting);
        promptTokens += waiting.request().promptTokens();
        cachedTokens += waiting.request().cachedTokens();
    }

    void remove(WaitingRequest waiting) {
        List<RankSlot> ranks = waiting.request().ranks();
        @Nullable TreeSet<WaitingRequest> lane = lanes.get(ranks);
        if (lane != null && lane.remove(waiting)) {
            if (lane.isEmpty()) {
                lanes.remove(ranks);
            }
            all.remove(waiting);
            promptTokens -= waiting.request().promptTokens();
            cachedTokens -= waiting.request().cachedTokens();
        }
    }

    /// Who goes first of those whose ranks have room; null when nobody does.
    @Nullable
    WaitingRequest head(RankGate gate) {
        @Nullable WaitingRequest best = null;
        for (Map.Entry<List<RankSlot>, TreeSet<WaitingRequest>> lane : lanes.entrySet()) {
            WaitingRequest first = lane.getValue().first();
            if ((best == null || WaitingRequest.ORDER.compare(first, best) < 0) && gate.isOpen(lane.getKey(), policy)) {
                best = first;
            }
        }
        return best;
    }

    /// Who would go last, if it may be displaced by a request of this strict priority.
    @Nullable
    WaitingRequest lastBelow(long strictPriority) {
        if (all.isEmpty()) {
            return null;
        }
        WaitingRequest last = all.last();
        return last.request().strictPriority() < strictPriority ? last : null;
    }

    /// The limit that is reached with so many workers, null when none is.
    @Nullable
    Limit reachedLimit(long workers) {
        if (isReached(policy.requestsPerWorkerMax(), workers, size())) {
            return new Limit("waiting_requests", size(), limit(policy.requestsPerWorkerMax(), workers));
        }
        if (isReached(policy.promptTokensPerWorkerMax(), workers, promptTokens)) {
            return new Limit("waiting_prompt_tokens", promptTokens, limit(policy.promptTokensPerWorkerMax(), workers));
        }
        if (isReached(policy.cachedTokensPerWorkerMax(), workers, cachedTokens)) {
            return new Limit("waiting_cached_tokens", cachedTokens, limit(policy.cachedTokensPerWorkerMax(), workers));
        }
        return null;
    }

    /// `current` of `what` wait, and `max` may.
    record Limit(String what, long current, long max) {}

    private static boolean isReached(@Nullable Long perWorker, long workers, long current) {
        return perWorker != null && current >= perWorker * workers;
    }

    private static long limit(@Nullable Long perWorker, long workers) {
        return perWorker == null ? 0 : perWorker * workers;
    }
}
