package io.kvepp.testing;

import io.kvepp.worker.EndpointId;
import io.kvepp.worker.ModelCard;
import io.kvepp.worker.ModelFiles;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerRole;
import io.kvepp.worker.WorkerSet;
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
        int blockSizeTokens,
        int contextLengthTokens,
        int dpRankStart,
        int dpSize,
        Set<String> taints,
        ModelFiles files) {
    public static ModelCards of(String name, WorkerRole role) {
        return new ModelCards(name, List.of(), null, role, 16, 32_768, 0, 1, Set.of(), ModelFiles.NONE);
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
        return new ModelCards(
                name,
                List.of(others),
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                dpRankStart,
                dpSize,
                taints,
                files);
    }

    public ModelCards lora(String adapter) {
        return new ModelCards(
                name, aliases, adapter, role, blockSizeTokens, contextLengthTokens, dpRankStart, dpSize, taints, files);
    }

    public ModelCards blocksOf(int tokens) {
        return new ModelCards(
                name, aliases, loraName, role, tokens, contextLengthTokens, dpRankStart, dpSize, taints, files);
    }

    public ModelCards contextOf(int tokens) {
        return new ModelCards(
                name, aliases, loraName, role, blockSizeTokens, tokens, dpRankStart, dpSize, taints, files);
    }

    public ModelCards ranks(int start, int size) {
        return new ModelCards(
                name, aliases, loraName, role, blockSizeTokens, contextLengthTokens, start, size, taints, files);
    }

    public ModelCards files(ModelFiles others) {
        return new ModelCards(
                name,
                aliases,
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                dpRankStart,
                dpSize,
                taints,
                others);
    }

    public ModelCards taints(String... others) {
        return new ModelCards(
                name,
                aliases,
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                dpRankStart,
                dpSize,
                Set.of(others),
                files);
    }

    public ModelCard card() {
        return new ModelCard(
                name,
                aliases,
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                0,
                0,
                dpRankStart,
                dpSize,
                false,
                role != WorkerRole.DECODE,
                null,
                null,
                true,
                null,
                null,
                null,
                null,
                List.of(),
                taints,
                files);
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
