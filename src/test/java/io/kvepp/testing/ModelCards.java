package io.kvepp.testing;

import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Model cards and workers with what a test does not care about filled in.
///
/// Immutable: each method answers a changed copy.
public record ModelCards(
        String name,
        List<String> aliases,
        @Nullable String loraName,
        WorkerRole role,
        KvCacheProfile cache,
        EngineLimits limits,
        DpRanks ranks,
        RoutingProfile routing,
        ModelFiles files) {
    public static ModelCards of(String name, WorkerRole role) {
        return new ModelCards(
                name,
                List.of(),
                null,
                role,
                KvCacheProfile.of(16, role != WorkerRole.DECODE),
                EngineLimits.context(32_768),
                DpRanks.ONE,
                RoutingProfile.NONE,
                ModelFiles.NONE);
    }

    public static ModelCards aggregated(String name) {
        return of(name, WorkerRole.AGGREGATED);
    }

    public static ModelCards prefill(String name) {
        return of(name, WorkerRole.PREFILL);
    }

    public static ModelCards decode(String name) {
        return of(name, WorkerRole.DECODE);
    }

    public ModelCards alsoCalled(String... others) {
        return new ModelCards(name, List.of(others), loraName, role, cache, limits, ranks, routing, files);
    }

    public ModelCards lora(String adapter) {
        return new ModelCards(name, aliases, adapter, role, cache, limits, ranks, routing, files);
    }

    public ModelCards blocksOf(int tokens) {
        return cache(KvCacheProfile.of(tokens, cache.publishesEvents()));
    }

    public ModelCards cache(KvCacheProfile other) {
        return new ModelCards(name, aliases, loraName, role, other, limits, ranks, routing, files);
    }

    public ModelCards contextOf(int tokens) {
        return new ModelCards(
                name, aliases, loraName, role, cache, EngineLimits.context(tokens), ranks, routing, files);
    }

    public ModelCards ranks(int start, int size) {
        return new ModelCards(name, aliases, loraName, role, cache, limits, new DpRanks(start, size), routing, files);
    }

    public ModelCards files(ModelFiles others) {
        return new ModelCards(name, aliases, loraName, role, cache, limits, ranks, routing, others);
    }

    public ModelCards taints(String... others) {
        return routing(new RoutingProfile(routing.routerMode(), Set.of(others), routing.kvTransfer()));
    }

    public ModelCards transfer(KvTransfer other) {
        return routing(new RoutingProfile(routing.routerMode(), routing.taints(), other));
    }

    private ModelCards routing(RoutingProfile other) {
        return new ModelCards(name, aliases, loraName, role, cache, limits, ranks, other, files);
    }

    public ModelCard card() {
        return new ModelCard(name, aliases, loraName, role, cache, limits, ranks, PromptProfile.PLAIN, routing, files);
    }

    /// One worker that serves just this card.
    public Worker on(long workerId) {
        return worker(workerId, this);
    }

    public static Worker worker(long id, ModelCards... cards) {
        EndpointId endpoint = new EndpointId("dynamo", "worker", "generate");
        return new Worker(
                id, endpoint, List.of(cards).stream().map(ModelCards::card).toList());
    }

    public static WorkerSet set(Worker... workers) {
        return new WorkerSet(List.of(workers), List.of());
    }
}
