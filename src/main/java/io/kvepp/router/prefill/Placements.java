package io.kvepp.router.prefill;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.Reservation;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SchedulingRequest.Phase;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.worker.RankSlot;
import java.util.List;

/// Chooses and books in one step: no other request sees the load between the choice of a worker and
/// its booking, nor between prefill and decode.
///
/// Thread-safe.
public final class Placements {
    private final ActiveSequences active;
    private final WorkerSelector selector;

    public Placements(ActiveSequences active, WorkerSelector selector) {
        this.active = active;
        this.selector = selector;
    }

    /// One worker does everything. `candidates` holds at least one.
    public Placement aggregated(List<RankSlot> candidates, SchedulingRequest request) {
        synchronized (active) {
            Selection selection = selector.select(candidates, request.inPhase(Phase.AGGREGATED));
            int privateBlocks = request.blocks() - request.hashes().count();
            BookedLoad load = new BookedLoad(
                    request.promptTokens() - selection.cachedTokens(),
                    request.hashes().sequence(),
                    privateBlocks);
            return new Placement(selection, book(selection, load), null, null);
        }
    }

    /// A prefill worker computes the prompt, a decode worker the rest. The requests differ where
    /// the two kinds cut prompts into blocks of different size.
    public Placement disaggregated(
            PrefillPool.Active pool,
            SchedulingRequest prefillRequest,
            List<RankSlot> decodeCandidates,
            SchedulingRequest decodeRequest) {
        synchronized (active) {
            Selection prefill = selector.select(pool.ranks(), prefillRequest.inPhase(Phase.PREFILL));
            Selection decode = selector.select(decodeCandidates, decodeRequest.inPhase(Phase.DECODE));
            BookedLoad prefillLoad = BookedLoad.prefill(prefillRequest.promptTokens() - prefill.cachedTokens());
            BookedLoad decodeLoad = BookedLoad.blocks(decodeRequest.blocks());
            return new Placement(decode, book(decode, decodeLoad), prefill, book(prefill, prefillLoad));
        }
    }

    private Reservation book(Selection selection, BookedLoad load) {
        return active.book(selection.chosen().slot(), load);
    }
}
