package io.kvepp.scheduling;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.card.WorkerRole;

/// What it would cost to place one request on one rank, in blocks; lower is better.
///
/// ```
/// cached      = round(B * (device + w_host * host + w_disk * disk))
/// raw_prefill = (active_prefill_tokens + max(0, prompt - cached) + cached) / B
/// decay       = 1 / (1 + D * ((active_prefill_tokens - least of all) / B) / request_blocks)
/// credit      = C * decay * device + w_host * host + w_disk * disk
/// blocks      = active_blocks + complete blocks of this request that are not active
/// cost        = P * max(0, raw_prefill - credit) + blocks + w_req * active_requests
/// cost        = max(0, blocks - credit) + w_req * active_requests    of decode workers with C > 0
/// ```
///
/// `raw_prefill` is 0 where prefill tokens are not tracked, `blocks` where active blocks are not;
/// without reuse every block of the request counts as not active. Taints that the request prefers
/// multiply the cost: see [RoutingConstraints#multiplier].
///
/// Source: Dynamo 1.6.1 `lib/kv-router/scheduling/selector`.
///
/// Confined to the thread that holds the monitor of the [ActiveSequences].
final class CostFunction {
    private final SchedulingConfig config;
    private final SchedulingRequest request;
    private final ActiveSequences.Held active;
    private final long leastPrefillTokens;
    private final boolean prefers;
    private final boolean offsetsDecode;

    CostFunction(
            SchedulingConfig config, SchedulingRequest request, ActiveSequences.Held active, long leastPrefillTokens) {
        this.config = config;
        this.request = request;
        this.active = active;
        this.leastPrefillTokens = leastPrefillTokens;
        prefers = !request.constraints().preferredTaints().isEmpty();
        offsetsDecode =
                config.role() == WorkerRole.DECODE && !config.trackPrefillTokens() && config.overlapScoreCredit() > 0;
    }

    SchedulingConfig config() {
        return config;
    }

    double cost(RankSlot rank) {
        int slot = rank.slot();
        int device = request.overlaps().device(slot);
        double lower = lowerTiers(slot);
        double credit = credit(slot, device, lower);
        double blocks = activeBlocks(slot);
        double cost = offsetsDecode
                ? Math.max(0, blocks - credit)
                : config.prefillLoadScale() * Math.max(0, prefillBlocks(slot, device, lower) - credit) + blocks;
        double busy = config.activeRequestWeight() == 0 ? 0 : config.activeRequestWeight() * active.requests(slot);
        return (cost + busy) * multiplier(rank);
    }

    /// The cost with all it is made of.
    CostTerms terms(RankSlot rank) {
        int slot = rank.slot();
        OverlapScores overlaps = request.overlaps();
        int device = overlaps.device(slot);
        double lower = lowerTiers(slot);
        return new CostTerms(
                device,
                overlaps.hostPinned(slot),
                overlaps.disk(slot),
                prefillBlocks(slot, device, lower),
                credit(slot, device, lower),
                activeBlocks(slot),
                active.requests(slot),
                multiplier(rank),
                cost(rank));
    }

    /// Prompt tokens the rank holds, weighted by tier, at most the prompt.
    int cachedTokens(int slot) {
        long held = heldTokens(request.overlaps().device(slot), lowerTiers(slot));
        return (int) Math.min(held, request.promptTokens());
    }

    /// Blocks the rank holds below the device, by their worth.
    private double lowerTiers(int slot) {
        return config.hostCacheHitWeight() * request.overlaps().hostPinned(slot)
                + config.diskCacheHitWeight() * request.overlaps().disk(slot);
    }

    private long heldTokens(int device, double lower) {
        return Math.round((device + lower) * request.hashes().blockSizeTokens());
    }

    private double multiplier(RankSlot rank) {
        return prefers ? request.constraints().multiplier(rank.taints()) : 1;
    }

    private double prefillBlocks(int slot, int device, double lower) {
        if (!config.trackPrefillTokens()) {
            return 0;
        }
        long held = heldTokens(device, lower);
        long tokens = active.prefillTokens(slot) + Math.max(0, request.promptTokens() - held) + held;
        return (double) tokens / request.hashes().blockSizeTokens();
    }

    private double credit(int slot, int device, double lower) {
        return config.overlapScoreCredit() * decay(slot) * device + lower;
    }

    private double decay(int slot) {
        if (config.overlapScoreCreditDecay() == 0 || !config.trackPrefillTokens()) {
            return 1;
        }
        double excessBlocks = (double) (active.prefillTokens(slot) - leastPrefillTokens)
                / request.hashes().blockSizeTokens();
        return 1 / (1 + config.overlapScoreCreditDecay() * excessBlocks / Math.max(1, request.blocks()));
    }

    private double activeBlocks(int slot) {
        if (!config.trackActiveBlocks()) {
            return 0;
        }
        int reused = config.assumeKvReuse() ? active.activePrefix(slot, request.hashes()) : 0;
        return (double) active.blocks(slot) + request.completeBlocks() - reused;
    }
}
