package io.kvepp.scheduling;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;

/// What it would cost to place one request on one rank, in blocks; lower is better.
///
/// ```
/// cached      = round(B * (device + w_host * host + w_disk * disk))
/// raw_prefill = (active_prefill_tokens + max(0, prompt - cached) + cached) / B
/// decay       = 1 / (1 + D * ((active_prefill_tokens - least of all) / B) / request_blocks)
/// credit      = C * decay * device + w_host * host + w_disk * disk
/// blocks      = active_blocks + complete blocks of this request that are not active
/// cost        = P * max(0, raw_prefill - credit) + blocks + w_req * active_requests
/// ```
///
/// `raw_prefill` is 0 where prefill tokens are not tracked, `blocks` where active blocks are not;
/// without reuse every block of the request counts as not active.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/scheduling/selector`.
///
/// Confined to the thread that holds the monitor of the [ActiveSequences].
final class CostFunction {
    private final SchedulingConfig config;
    private final SchedulingRequest request;
    private final ActiveSequences active;
    private final long leastPrefillTokens;

    CostFunction(SchedulingConfig config, SchedulingRequest request, ActiveSequences active, long leastPrefillTokens) {
        this.config = config;
        this.request = request;
        this.active = active;
        this.leastPrefillTokens = leastPrefillTokens;
    }

    double cost(int slot) {
        return config.prefillLoadScale() * Math.max(0, rawPrefillBlocks(slot) - credit(slot))
                + activeBlocks(slot)
                + config.activeRequestWeight() * active.requests(slot);
    }

    /// Prompt tokens the rank holds, weighted by tier, at most the prompt.
    int cachedTokens(int slot) {
        OverlapScores overlaps = request.overlaps();
        double blocks = overlaps.device(slot)
                + config.hostCacheHitWeight() * overlaps.hostPinned(slot)
                + config.diskCacheHitWeight() * overlaps.disk(slot);
        long tokens = Math.round(blocks * request.hashes().blockSizeTokens());
        return (int) Math.min(tokens, request.promptTokens());
    }

    private double rawPrefillBlocks(int slot) {
        if (!config.trackPrefillTokens()) {
            return 0;
        }
        int cached = cachedTokens(slot);
        long tokens = active.prefillTokens(slot) + Math.max(0, request.promptTokens() - cached) + cached;
        return (double) tokens / request.hashes().blockSizeTokens();
    }

    private double credit(int slot) {
        OverlapScores overlaps = request.overlaps();
        return config.overlapScoreCredit() * decay(slot) * overlaps.device(slot)
                + config.hostCacheHitWeight() * overlaps.hostPinned(slot)
                + config.diskCacheHitWeight() * overlaps.disk(slot);
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
