package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.routed.PrefixFinder.Undo;
import io.kvepp.load.BookedLoad;
import io.kvepp.load.Reservation;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.Bookings.Claim;
import io.kvepp.routerservice.Bookings.Ticket;
import io.kvepp.routerservice.PendingSelections.Pending;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SessionAffinity.Lease;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.scheduling.SessionAffinity.Target;
import io.kvepp.worker.RankSlot;
import org.jspecify.annotations.Nullable;

/// Books where it was chosen before: by an earlier look, or by the caller.
///
/// Thread-safe.
final class DirectBookings {
    private final SelectionParts parts;
    private final PoolSelector selector;
    private final Bookings bookings;
    private final PendingSelections pending;

    DirectBookings(SelectionParts parts, PoolSelector selector, Bookings bookings, PendingSelections pending) {
        this.parts = parts;
        this.selector = selector;
        this.bookings = bookings;
        this.pending = pending;
    }

    /// What is booked, and where.
    ///
    /// - `indexed`: the prompt's blocks, null when the index could not know them
    /// - `session`: null for none
    private record Plan(
            WorkerPool pool,
            RankSlot rank,
            BookedLoad load,
            @Nullable BlockHashes indexed,
            int promptTokens,
            int uncachedTokens,
            int expectedOutputTokens,
            @Nullable String session) {}

    /// Books a remembered choice; it stays remembered if that fails.
    Answer<ChosenWorker> replay(String id, Pending found, WorkerPool pool) {
        @Nullable RankSlot rank = pool.find(found.rank().worker());
        if (rank == null) {
            return new Refused<>(
                    Reason.NOT_FOUND, "selection_id: " + id + ": its worker left (expected: a rank of " + pool + ")");
        }
        int prefillTokens = found.trackPrefillTokens() ? found.uncachedTokens() : 0;
        boolean tracksBlocks = selector.rules(pool).trackActiveBlocks();
        Answer<ChosenWorker> answer = book(
                id,
                new Plan(
                        pool,
                        rank,
                        Loads.of(prefillTokens, found.hashes(), tracksBlocks, found.sharesBlocks()),
                        found.hashes(),
                        found.promptTokens(),
                        found.uncachedTokens(),
                        found.expectedOutputTokens(),
                        found.session()));
        if (answer instanceof Given<ChosenWorker>) {
            pending.remove(id, found);
        }
        return answer;
    }

    Answer<ChosenWorker> book(String id, ExplicitBooking wanted, WorkerPool pool) {
        int promptTokens = wanted.prompt().promptTokens();
        int uncached = wanted.uncachedTokens() == null ? 0 : wanted.uncachedTokens();
        if (uncached > promptTokens) {
            return new Refused<>(
                    Reason.INVALID,
                    "effective_prefill_tokens: " + uncached + " (expected: at most isl_tokens, " + promptTokens + ")");
        }
        @Nullable RankSlot rank = pool.find(wanted.worker());
        if (rank == null) {
            return new Refused<>(
                    Reason.NOT_FOUND, "worker_id: " + wanted.worker() + " (expected: a rank of " + pool + ")");
        }
        return switch (hash(pool, wanted.prompt())) {
            case Refused<BlockHashes> refused -> refused.of();
            case Given<BlockHashes>(var hashes) -> {
                SchedulingConfig rules = selector.rules(pool).with(wanted.override());
                int prefillTokens = wanted.tracksPrefill(rules.trackPrefillTokens()) ? uncached : 0;
                yield book(
                        id,
                        new Plan(
                                pool,
                                rank,
                                Loads.of(prefillTokens, hashes, rules.trackActiveBlocks(), rules.assumeKvReuse()),
                                isIndexable(wanted.prompt()) ? hashes : null,
                                promptTokens,
                                uncached,
                                wanted.expectedOutputTokens(),
                                null));
            }
        };
    }

    private Answer<ChosenWorker> book(String id, Plan plan) {
        return switch (bookings.claim(id)) {
            case Claim.InUse() -> Bookings.inUse(id);
            case Claim.Full() -> bookings.full();
            case Claim.Claimed(var ticket) -> book(ticket, plan);
        };
    }

    private Answer<ChosenWorker> book(Ticket ticket, Plan plan) {
        WorkerPool pool = plan.pool();
        Reservation reservation = parts.active().book(plan.rank().slot(), plan.load());
        Undo routed = plan.indexed() == null
                ? Undo.NOTHING
                : parts.prefixes().routed(plan.rank().worker(), plan.indexed());
        Booking booking = new Booking(new Booking.Terms(
                pool.model(),
                reservation,
                lease(pool, plan),
                routed,
                plan.promptTokens(),
                plan.uncachedTokens(),
                pool.card().cache().blockSizeTokens(),
                plan.expectedOutputTokens()));
        return bookings.install(ticket, booking) ? new Given<>(pool.chosen(plan.rank())) : Bookings.wasReset();
    }

    private Lease lease(WorkerPool pool, Plan plan) {
        return plan.session() == null || !parts.sessions().isOn()
                ? Lease.NONE
                : parts.sessions()
                        .lease(
                                new Session(pool.sessionScope(), plan.session()),
                                new Target(plan.rank().worker(), null));
    }

    /// A booking needs one kind of hash only.
    private Answer<BlockHashes> hash(WorkerPool pool, SelectionPrompt prompt) {
        return isIndexable(prompt) || !(prompt instanceof SelectionPrompt.Hashes(var _, var sequence, var tokens))
                ? selector.hash(pool, prompt)
                : selector.hash(pool, new SelectionPrompt.Hashes(sequence, sequence, tokens));
    }

    private static boolean isIndexable(SelectionPrompt prompt) {
        return switch (prompt) {
            case SelectionPrompt.Tokens _ -> true;
            case SelectionPrompt.Hashes hashes -> hashes.local().length > 0;
        };
    }
}
