package io.kvepp.router.prefill;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.Reservation;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.worker.RankSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses and books in one step: no other request sees the load between the choice of a worker and
/// its booking, nor between prefill and decode.
///
/// Thread-safe.
public final class Placements {
    private static final long[] NO_BLOCKS = new long[0];

    private final ActiveSequences active;
    private final WorkerSelector selector;
    private final SchedulingConfig config;

    public Placements(ActiveSequences active, WorkerSelector selector, SchedulingConfig config) {
        this.active = active;
        this.selector = selector;
        this.config = config;
    }

    /// One worker does everything. `candidates` holds at least one.
    public Placement aggregated(List<RankSlot> candidates, SchedulingRequest request) {
        synchronized (active) {
            Selection selection = selector.select(candidates, request, config.with(request.override()));
            return new Placement(selection, book(selection, request), null, null);
        }
    }

    /// A prefill worker computes the prompt, a decode worker the rest. The requests differ where
    /// the two kinds cut prompts into blocks of different size.
    public Placement disaggregated(
            PrefillPool.Active pool,
            SchedulingRequest prefillRequest,
            List<RankSlot> decodeCandidates,
            SchedulingRequest decodeRequest,
            TransferRules rules) {
        synchronized (active) {
            Selection prefilling = selector.select(
                    pool.ranks(),
                    prefillRequest,
                    config.with(prefillRequest.override()).forPrefill());
            @Nullable
            RoutingConstraints merged = rules.decodeConstraints(prefilling.chosen(), decodeRequest.constraints());
            SchedulingRequest transferred = merged == null ? decodeRequest : decodeRequest.with(merged);
            Selection decoding = selector.select(
                    transferred.constraints().eligible(decodeCandidates),
                    transferred,
                    config.with(decodeRequest.override()).forDecode());
            return new Placement(decoding, book(decoding, decodeRequest), prefilling, book(prefilling, prefillRequest));
        }
    }

    private Reservation book(Selection selection, SchedulingRequest request) {
        SchedulingConfig rules = selection.rules();
        int prefillTokens = rules.trackPrefillTokens() ? request.promptTokens() - selection.cachedTokens() : 0;
        boolean shared = rules.trackActiveBlocks()
                && rules.assumeKvReuse()
                && request.hashes().count() > 0;
        int privateBlocks = rules.trackActiveBlocks() && !shared ? request.completeBlocks() : 0;
        long[] sharedBlocks = shared ? request.hashes().sequence() : NO_BLOCKS;
        BookedLoad load = new BookedLoad(prefillTokens, sharedBlocks, privateBlocks);
        selector.taken(selection.chosen());
        return active.book(selection.chosen().slot(), load);
    }
}
