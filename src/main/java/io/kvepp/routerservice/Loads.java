package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.WorkerLoad;
import io.kvepp.routerservice.PoolLoads.RankLoad;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.queue.AdmissionQueue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What requests add to ranks, and what is on them.
///
/// Thread-safe.
final class Loads {
    private static final long[] NO_BLOCKS = new long[0];

    private Loads() {}

    /// What a prompt adds to the rank it is booked on.
    static BookedLoad of(int prefillTokens, BlockHashes hashes, boolean tracksBlocks, boolean sharesBlocks) {
        if (!tracksBlocks) {
            return BookedLoad.prefill(prefillTokens);
        }
        return sharesBlocks
                ? new BookedLoad(prefillTokens, hashes.sequence(), 0)
                : new BookedLoad(prefillTokens, NO_BLOCKS, hashes.count());
    }

    /// What is on every rank of a pool; `queue` is null where nobody waits.
    static PoolLoads now(WorkerPool pool, ActiveSequences active, @Nullable AdmissionQueue queue) {
        List<RankLoad> ranks;
        synchronized (active) {
            ranks = pool.ranks().stream()
                    .map(rank -> new RankLoad(rank.worker(), active.load(rank.slot())))
                    .toList();
        }
        return new PoolLoads(
                pool.model(),
                pool.routingGroup(),
                ranks,
                queue == null ? 0 : queue.waiting(),
                queue == null ? 0 : queue.waitingPromptTokens());
    }

    /// What would be on every rank of a pool, were the request sent there: its incomplete last block
    /// aside.
    static List<RankLoad> with(
            SchedulingRequest read, WorkerPool pool, SchedulingConfig configured, ActiveSequences active) {
        SchedulingConfig rules = configured.with(read.override());
        synchronized (active) {
            ActiveSequences.Held held = active.held();
            return pool.ranks().stream()
                    .map(rank -> {
                        int slot = rank.slot();
                        int shared = rules.assumeKvReuse() ? held.activePrefix(slot, read.hashes()) : 0;
                        RankOverlap overlap = RankOverlap.of(rank, read.overlaps());
                        long cached = overlap.weightedTokens(read.hashes().blockSizeTokens(), rules);
                        long prompt = rules.trackPrefillTokens() ? Math.max(0, read.promptTokens() - cached) : 0;
                        return new RankLoad(
                                rank.worker(),
                                new WorkerLoad(
                                        held.requests(slot),
                                        held.prefillTokens(slot) + prompt,
                                        held.blocks(slot) + read.completeBlocks() - shared));
                    })
                    .toList();
        }
    }
}
