package io.kvepp.discovery.registered;

import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A registered worker in the words of discovery. It is an engine that answers by itself and tells
/// its KV events as vLLM does.
final class RegisteredEngine {
    private static final String NAMESPACE = "registered";

    private RegisteredEngine() {}

    /// @param registration one that lacks nothing
    static Worker worker(WorkerRegistration registration, boolean kvEvents) {
        ModelCard card = new ModelCard(
                registration.model(),
                List.of(),
                null,
                WorkerRole.AGGREGATED,
                new KvCacheProfile(blockSize(registration), registration.isEagle(), kvEvents, null),
                new EngineLimits(0, orZero(registration.totalKvBlocks()), orZero(registration.maxNumBatchedTokens())),
                new DpRanks(registration.firstRank(), registration.ranks()),
                PromptProfile.PLAIN,
                new RoutingProfile(
                        null, registration.taints(), registration.kvTransfer(), null, registration.routingGroup()),
                ModelFiles.NONE);
        return new Worker(
                registration.workerId(),
                new EndpointId(NAMESPACE, registration.routingGroup(), "generate"),
                List.of(card),
                registration.endpoint());
    }

    static List<EngineEvents> events(WorkerRegistration registration) {
        List<EngineEvents> events = new ArrayList<>();
        for (int i = 0; i < registration.ranks(); i++) {
            int rank = registration.firstRank() + i;
            events.add(new EngineEvents(
                    new WorkerWithDpRank(registration.workerId(), rank),
                    EngineKind.VLLM,
                    Objects.requireNonNull(registration.eventsOf(rank)),
                    registration.replayEndpoint(),
                    blockSize(registration)));
        }
        return events;
    }

    private static int blockSize(WorkerRegistration registration) {
        return Objects.requireNonNull(registration.blockSizeTokens());
    }

    private static int orZero(@Nullable Integer limit) {
        return limit == null ? 0 : limit;
    }
}
