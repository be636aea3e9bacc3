package io.kvepp.router.simulation;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.load.ActiveSequences;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.scheduling.RouterMode;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionConfig;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.WorkerRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// kv-epp's own index, load and choice, for so many aggregated workers.
///
/// Confined to the thread that simulates.
final class Router {
    private static final Duration NO_SILENCE = Duration.ofDays(365);

    private final WorkerSlots slots = new WorkerSlots();
    private final List<RankSlot> ranks = new ArrayList<>();
    private final KvIndexer index = new PrefixKvIndexer(slots);
    private final Placements placements;
    private long nextEventId = 1;

    Router(int workers, RouterMode mode, long seed) {
        for (int worker = 0; worker < workers; worker++) {
            WorkerWithDpRank rank = new WorkerWithDpRank(1 + worker, 0);
            ranks.add(new RankSlot(rank, slots.assign(rank)));
        }
        ActiveSequences active = new ActiveSequences(NO_SILENCE, () -> 0);
        placements = new Placements(
                active,
                new WorkerSelector(active, new SplittableRandom(seed)),
                rules(mode),
                new SessionAffinity(SessionConfig.OFF, () -> 0));
    }

    /// Chooses and books with what the index knows.
    Placement place(TraceRequest request) {
        return place(request, index.findMatches(request.hashes()));
    }

    /// The same for blocks that each worker is said to hold.
    Placement place(TraceRequest request, OverlapScores overlaps) {
        return placements.aggregated(
                ranks, new SchedulingRequest(request.promptTokens(), request.hashes(), overlaps), null);
    }

    /// The number of the chosen worker.
    int worker(Placement placement) {
        return ranks.indexOf(placement.decode().chosen());
    }

    /// A worker has computed the blocks of a prompt that it did not hold.
    void stored(int worker, TraceRequest request, int heldBlocks) {
        int count = request.hashes().count();
        if (heldBlocks < count) {
            long[] sequence = request.hashes().sequence();
            apply(
                    worker,
                    new KvCacheEvent.Stored(
                            heldBlocks == 0 ? OptionalLong.empty() : OptionalLong.of(sequence[heldBlocks - 1]),
                            Arrays.copyOfRange(sequence, heldBlocks, count),
                            Arrays.copyOfRange(request.hashes().local(), heldBlocks, count)));
        }
    }

    /// A worker has dropped blocks.
    void removed(int worker, long[] hashes) {
        if (hashes.length > 0) {
            apply(worker, new KvCacheEvent.Removed(hashes));
        }
    }

    private void apply(int worker, KvCacheEvent event) {
        index.apply(new RouterEvent(ranks.get(worker).worker(), StorageTier.DEVICE, nextEventId++, event));
    }

    private static SchedulingConfig rules(RouterMode mode) {
        SchedulingConfig kv = SchedulingConfig.DEFAULT;
        return new SchedulingConfig(
                kv.overlapScoreCredit(),
                kv.overlapScoreCreditDecay(),
                kv.prefillLoadScale(),
                kv.activeRequestWeight(),
                kv.hostCacheHitWeight(),
                kv.diskCacheHitWeight(),
                kv.temperature(),
                kv.trackPrefillTokens(),
                kv.trackActiveBlocks(),
                kv.assumeKvReuse(),
                mode,
                mode,
                WorkerRole.AGGREGATED);
    }
}
