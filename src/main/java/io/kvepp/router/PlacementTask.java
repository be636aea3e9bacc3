package io.kvepp.router;

import io.kvepp.picker.PickRequest;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.worker.RankSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A request whose prompt has been looked up and that is to be given workers.
///
/// - `destinations`: where the request may go
/// - `serving`: as aggregated or decode workers see it
/// - `prefill`: as prefill workers see it; the same where there are none, or where they cut prompts
///   into the same blocks
/// - `pins`: whom the client names
/// - `session`: null when the request belongs to none, or sessions mean nothing
///
/// Immutable.
record PlacementTask(
        PickRequest request,
        Destinations destinations,
        ModelRoute route,
        PromptReading prompt,
        SchedulingRequest serving,
        SchedulingRequest prefill,
        ClientPins.Choice pins,
        @Nullable Session session) {
    /// The ranks among which the one is chosen that answers.
    List<RankSlot> servingRanks() {
        @Nullable List<RankSlot> pinned = pinned().serving();
        return eligible(destinations.reachable(pinned == null ? route.serving() : pinned, request.subset()));
    }

    /// The ranks among which the one is chosen that only computes the prompt.
    List<RankSlot> prefillRanks(PrefillPool.Active pool) {
        @Nullable List<RankSlot> pinned = pinned().prefill();
        return eligible(destinations.computing(pinned == null ? pool.ranks() : pinned));
    }

    /// Whether some rank that serves the model can be sent the request.
    boolean isReachable() {
        return !destinations.reachable(route.serving(), request.subset()).isEmpty();
    }

    /// Whom the client names.
    ClientPins.Choice.Among pinned() {
        return pins instanceof ClientPins.Choice.Among among ? among : ClientPins.Choice.FREE;
    }

    private List<RankSlot> eligible(List<RankSlot> ranks) {
        return serving.constraints().eligible(ranks);
    }

    /// The ranks that may compute the prompt.
    List<RankSlot> computing() {
        return route.prefillPool() instanceof PrefillPool.Active pool ? prefillRanks(pool) : servingRanks();
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
