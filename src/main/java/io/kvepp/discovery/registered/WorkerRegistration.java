package io.kvepp.discovery.registered;

import io.kvepp.worker.card.KvTransfer;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a caller says of a worker it registers; null where it says nothing.
///
/// - `endpoint`: where the worker is called; told to whoever selects it, and not looked into
/// - `kvEventsEndpoint`: the PUB socket of a worker with one rank; `kvEventsEndpoints`: those of
///   each rank, which win
/// - `replayEndpoint`: the ROUTER socket of a worker with one rank
/// - `kvTransfer`: whom it hands its KV cache to, in the words of model cards
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/types`, `WorkerRequest`.
///
/// Immutable.
public record WorkerRegistration(
        long workerId,
        String model,
        String routingGroup,
        @Nullable String endpoint,
        @Nullable String kvEventsEndpoint,
        Map<Integer, String> kvEventsEndpoints,
        @Nullable String replayEndpoint,
        @Nullable Integer blockSizeTokens,
        @Nullable Integer dpStart,
        @Nullable Integer dpSize,
        @Nullable Integer maxNumBatchedTokens,
        @Nullable Integer totalKvBlocks,
        @Nullable String stableRoutingId,
        @Nullable Boolean eagle,
        Set<String> taints,
        KvTransfer kvTransfer) {
    public WorkerRegistration {
        kvEventsEndpoints = Map.copyOf(kvEventsEndpoints);
        taints = Set.copyOf(taints);
    }

    /// Nothing but what it is called.
    public static WorkerRegistration of(long workerId, String model, String routingGroup) {
        return new WorkerRegistration(
                workerId,
                model,
                routingGroup,
                null,
                null,
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Set.of(),
                KvTransfer.ANY);
    }

    int firstRank() {
        return dpStart == null ? 0 : dpStart;
    }

    int ranks() {
        return dpSize == null ? 1 : dpSize;
    }

    boolean isEagle() {
        return eagle != null && eagle;
    }

    /// The PUB socket of a rank; null when it has none.
    @Nullable
    String eventsOf(int rank) {
        if (!kvEventsEndpoints.isEmpty()) {
            return kvEventsEndpoints.get(rank);
        }
        return ranks() == 1 ? kvEventsEndpoint : null;
    }

    boolean isOfPoolOf(WorkerRegistration other) {
        return model.equals(other.model) && routingGroup.equals(other.routingGroup);
    }

    boolean cutsLike(WorkerRegistration other) {
        return Objects.equals(blockSizeTokens, other.blockSizeTokens) && isEagle() == other.isEagle();
    }
}
