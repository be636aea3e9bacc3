package io.kvepp.routerservice;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;

/// Leading blocks of a prompt that one rank holds: each tier continues where the one before ends.
///
/// Immutable.
public record RankOverlap(WorkerWithDpRank worker, int deviceBlocks, int hostPinnedBlocks, int diskBlocks) {
    static RankOverlap of(RankSlot rank, OverlapScores scores) {
        int slot = rank.slot();
        return new RankOverlap(rank.worker(), scores.device(slot), scores.hostPinned(slot), scores.disk(slot));
    }

    /// Tokens it holds, weighted by tier.
    long weightedTokens(int blockSizeTokens, SchedulingConfig rules) {
        double blocks =
                deviceBlocks + rules.hostCacheHitWeight() * hostPinnedBlocks + rules.diskCacheHitWeight() * diskBlocks;
        return Math.round(blockSizeTokens * blocks);
    }

    /// Blocks up to the end of the host tier.
    public int throughHost() {
        return deviceBlocks + hostPinnedBlocks;
    }

    /// Blocks up to the end of the disk tier: the whole prefix.
    public int throughDisk() {
        return throughHost() + diskBlocks;
    }
}
