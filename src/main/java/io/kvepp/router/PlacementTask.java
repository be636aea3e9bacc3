package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.worker.RankSlot;
import java.util.List;

/// A request whose prompt has been looked up and that is to be given workers.
///
/// - `serving`: as aggregated or decode workers see it
/// - `prefill`: as prefill workers see it; the same where there are none, or where they cut prompts
///   into the same blocks
///
/// Immutable.
record PlacementTask(
        PickRequest request,
        ModelRoute route,
        PromptReading prompt,
        SchedulingRequest serving,
        SchedulingRequest prefill) {
    /// Those of the ranks that the request may go to.
    List<RankSlot> eligible(List<RankSlot> ranks) {
        return serving.constraints().eligible(ranks);
    }

    /// The ranks that may compute the prompt.
    List<RankSlot> computing() {
        return eligible(route.prefillPool() instanceof PrefillPool.Active pool ? pool.ranks() : route.serving());
    }

    /// Tokens of the prompt that the one of these ranks that holds most of it holds, in any tier.
    int cachedTokensMax(List<RankSlot> ranks) {
        int blocks = 0;
        for (RankSlot rank : ranks) {
            blocks = Math.max(blocks, heldBlocks(rank));
        }
        long tokens = (long) blocks * prefill.hashes().blockSizeTokens();
        return (int) Math.min(tokens, prompt.promptTokens());
    }

    /// Leading blocks of the prompt that a rank which may compute it holds, in any tier.
    int heldBlocks(RankSlot rank) {
        int slot = rank.slot();
        var overlaps = prefill.overlaps();
        return overlaps.device(slot) + overlaps.hostPinned(slot) + overlaps.disk(slot);
    }
}
