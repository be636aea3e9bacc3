package io.kvepp.routerservice.grpc;

import io.kvepp.router.v1.Destination;
import io.kvepp.router.v1.GetOverlapScoresResponse;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.PoolState;
import io.kvepp.router.v1.RankBlocks;
import io.kvepp.router.v1.RankState;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.SelectResponse;
import io.kvepp.router.v1.SelectionDetails;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.ChosenWorker;
import io.kvepp.routerservice.OverlapTable;
import io.kvepp.routerservice.PoolLoads;
import io.kvepp.routerservice.RankOverlap;
import io.kvepp.routerservice.Selected;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.function.Predicate;

/// How results are told.
final class ResponseMessages {
    private ResponseMessages() {}

    static SelectResponse selected(Selected selected) {
        return SelectResponse.newBuilder()
                .setDestination(destination(selected.chosen()))
                .setDetails(details(selected))
                .build();
    }

    static ReserveResponse reserved(String id, Selected selected) {
        return reserved(id, selected.chosen()).toBuilder()
                .setDetails(details(selected))
                .build();
    }

    static ReserveResponse reserved(String id, ChosenWorker chosen) {
        return ReserveResponse.newBuilder()
                .setSelectionId(id)
                .setDestination(destination(chosen))
                .build();
    }

    static GetOverlapScoresResponse overlaps(OverlapTable table) {
        return GetOverlapScoresResponse.newBuilder()
                .setBlockSizeTokens(table.blockSizeTokens())
                .setNumBlocks(table.blocks())
                .addAllRanks(blocks(table.ranks()))
                .build();
    }

    static List<RankState> ranks(List<PoolLoads.RankLoad> loads) {
        return loads.stream()
                .map(rank -> RankState.newBuilder()
                        .setWorker(rank(rank.worker()))
                        .setActiveRequests(rank.load().activeRequests())
                        .setPrefillTokens(rank.load().activePrefillTokens())
                        .setDecodeBlocks(rank.load().activeBlocks())
                        .build())
                .toList();
    }

    static List<PoolState> pools(List<PoolLoads> loads, Predicate<PoolLoads> wanted) {
        return loads.stream()
                .filter(wanted)
                .map(pool -> PoolState.newBuilder()
                        .setPool(Pool.newBuilder().setModelName(pool.model()).setRoutingGroup(pool.routingGroup()))
                        .addAllRanks(ranks(pool.ranks()))
                        .setPendingCount(pool.waiting())
                        .setPendingIslTokens(pool.waitingPromptTokens())
                        .build())
                .toList();
    }

    private static Destination destination(ChosenWorker chosen) {
        return Destination.newBuilder()
                .setModelName(chosen.model())
                .setRoutingGroup(chosen.routingGroup())
                .setWorker(rank(chosen.worker()))
                .setEndpoint(chosen.endpoint())
                .build();
    }

    private static SelectionDetails details(Selected selected) {
        SelectionDetails.Builder details = SelectionDetails.newBuilder()
                .setBlockSizeTokens(selected.hashes().blockSizeTokens())
                .setIslTokens(selected.promptTokens())
                .setEffectivePrefillTokens(selected.uncachedTokens())
                .setPotentialDecodeBlocks(selected.projectedBlocks())
                .addAllOverlaps(blocks(selected.overlaps()))
                .setActivePrefillTokens(selected.prefillTokens())
                .setPrefillTokenCapacity(selected.prefillTokenCapacity())
                .setTotalKvBlocks(selected.totalKvBlocks())
                .setTrackPrefillTokens(selected.trackPrefillTokens());
        for (long hash : selected.hashes().sequence()) {
            details.addSequenceHashes(hash);
        }
        return details.build();
    }

    private static List<RankBlocks> blocks(List<RankOverlap> overlaps) {
        return overlaps.stream()
                .map(overlap -> RankBlocks.newBuilder()
                        .setWorker(rank(overlap.worker()))
                        .setDeviceBlocks(overlap.deviceBlocks())
                        .setHostPinnedBlocks(overlap.hostPinnedBlocks())
                        .setDiskBlocks(overlap.diskBlocks())
                        .build())
                .toList();
    }

    private static WorkerRank rank(WorkerWithDpRank worker) {
        return WorkerRank.newBuilder()
                .setWorkerId(worker.workerId())
                .setDpRank(worker.dpRank())
                .build();
    }
}
