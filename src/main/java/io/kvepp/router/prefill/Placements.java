package io.kvepp.router.prefill;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.Reservation;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionAffinity.Lease;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.scheduling.SessionAffinity.Target;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses and books in one step: no other request sees the load between the choice of a worker and
/// its booking, nor between prefill and decode.
///
/// A request of a bound session goes where the session goes, if that is among the candidates.
///
/// Thread-safe.
public final class Placements {
    private static final long[] NO_BLOCKS = new long[0];

    private final ActiveSequences active;
    private final WorkerSelector selector;
    private final SchedulingConfig config;
    private final SessionAffinity sessions;
    private final boolean books;

    public Placements(
            ActiveSequences active, WorkerSelector selector, SchedulingConfig config, SessionAffinity sessions) {
        this(active, selector, config, sessions, true);
    }

    private Placements(
            ActiveSequences active,
            WorkerSelector selector,
            SchedulingConfig config,
            SessionAffinity sessions,
            boolean books) {
        this.active = active;
        this.selector = selector;
        this.config = config;
        this.sessions = sessions;
        this.books = books;
    }

    /// The same choices with nothing booked and nothing bound, for those who only ask.
    public Placements looking() {
        return new Placements(active, selector, config, sessions, false);
    }

    /// One worker does everything. `candidates` holds at least one; `session` is null for a request
    /// without one.
    public Placement aggregated(List<RankSlot> candidates, SchedulingRequest request, @Nullable Session session) {
        Placement placement;
        synchronized (active) {
            Target bound = target(session);
            Selection selection = selector.select(
                    bound == null ? candidates : only(bound.decode(), candidates),
                    request,
                    config.with(request.override()));
            Reservation reservation = book(selection, request);
            placement = new Placement(selection, reservation, null, null, lease(session, selection, null));
        }
        placement.bookRest();
        return placement;
    }

    /// A prefill worker computes the prompt, a decode worker the rest. The requests differ where
    /// the two kinds cut prompts into blocks of different size.
    public Placement disaggregated(
            List<RankSlot> prefillCandidates,
            SchedulingRequest prefillRequest,
            List<RankSlot> decodeCandidates,
            SchedulingRequest decodeRequest,
            TransferRules rules,
            @Nullable Session session) {
        Placement placement;
        synchronized (active) {
            Target bound = target(session);
            Selection prefill = selector.select(
                    bound == null ? prefillCandidates : only(bound.prefill(), prefillCandidates),
                    prefillRequest,
                    config.with(prefillRequest.override()).forPrefill());
            @Nullable
            RoutingConstraints merged = rules.decodeConstraints(prefill.chosen(), decodeRequest.constraints());
            SchedulingRequest transferred = merged == null ? decodeRequest : decodeRequest.with(merged);
            List<RankSlot> inReach = transferred.constraints().eligible(decodeCandidates);
            Selection decode = selector.select(
                    bound == null ? inReach : only(bound.decode(), inReach),
                    transferred,
                    config.with(decodeRequest.override()).forDecode());
            Reservation decoding = book(decode, decodeRequest);
            Reservation prefilling = book(prefill, prefillRequest);
            placement = new Placement(decode, decoding, prefill, prefilling, lease(session, decode, prefill));
        }
        placement.bookRest();
        return placement;
    }

    /// Another rank answers than the one that was chosen: what that one was booked is booked there, and
    /// the session goes there from now on. The prefill worker stays what it was.
    ///
    /// @param cachedTokens of the prompt, held by the other rank
    public Placement takenOver(
            Placement from, RankSlot by, SchedulingRequest request, int cachedTokens, @Nullable Session session) {
        Selection decode = from.decode().takenOver(by, cachedTokens);
        Reservation reservation = active.book(by.slot(), load(decode, request));
        from.decodeReservation().release();
        Lease lease = lease(session, decode, from.prefill());
        from.session().withdraw();
        return new Placement(decode, reservation, from.prefill(), from.prefillReservation(), lease);
    }

    private @Nullable Target target(@Nullable Session session) {
        return session == null ? null : sessions.target(session);
    }

    /// The bound rank if it is a candidate, else all.
    private static List<RankSlot> only(@Nullable WorkerWithDpRank bound, List<RankSlot> candidates) {
        for (RankSlot candidate : candidates) {
            if (candidate.worker().equals(bound)) {
                return List.of(candidate);
            }
        }
        return candidates;
    }

    private Lease lease(@Nullable Session session, Selection decode, @Nullable Selection prefill) {
        if (session == null || !books) {
            return Lease.NONE;
        }
        return sessions.lease(
                session,
                new Target(
                        decode.chosen().worker(),
                        prefill == null ? null : prefill.chosen().worker()));
    }

    private Reservation book(Selection selection, SchedulingRequest request) {
        if (!books) {
            return Reservation.NONE;
        }
        if (selection.candidates() > 1) {
            selector.taken(selection.chosen()); // who is given the request without a choice keeps its turn
        }
        return active.begin(selection.chosen().slot(), load(selection, request));
    }

    private static BookedLoad load(Selection selection, SchedulingRequest request) {
        SchedulingConfig rules = selection.rules();
        int prefillTokens = rules.trackPrefillTokens() ? request.promptTokens() - selection.cachedTokens() : 0;
        boolean shared = rules.trackActiveBlocks()
                && rules.assumeKvReuse()
                && request.hashes().count() > 0;
        int privateBlocks = rules.trackActiveBlocks() && !shared ? request.completeBlocks() : 0;
        long[] sharedBlocks = shared ? request.hashes().sequence() : NO_BLOCKS;
        return new BookedLoad(prefillTokens, sharedBlocks, privateBlocks);
    }
}
