package io.kvepp.routerservice;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a prompt, looks it up, and chooses (and books) among the ranks of a pool.
///
/// Thread-safe.
final class PoolSelector {
    /// More tokens than any context has.
    private static final int PROMPT_TOKENS_MAX = 4 << 20;

    private final SelectionParts parts;
    private final Roles serving;
    private final Roles prefill;

    /// The rules for one kind of worker, and choices by them.
    private record Roles(SchedulingConfig rules, Placements booking, Placements looking) {
        static Roles of(SelectionParts parts, SchedulingConfig rules) {
            Placements booking = new Placements(parts.active(), parts.selector(), rules, parts.sessions());
            return new Roles(rules, booking, booking.looking());
        }
    }

    /// A choice with the load it holds, if it was booked.
    record Placed(Selected selected, RankSlot rank, Placement placement) {}

    PoolSelector(SelectionParts parts) {
        this.parts = parts;
        serving = Roles.of(parts, parts.scheduling());
        prefill = Roles.of(parts, parts.scheduling().forPrefill());
    }

    /// The rules for the workers of a pool.
    SchedulingConfig rules(WorkerPool pool) {
        return roles(pool).rules();
    }

    /// The prompt's blocks; refused when they cannot be looked up.
    Answer<BlockHashes> hash(WorkerPool pool, SelectionPrompt prompt) {
        if (prompt.promptTokens() > PROMPT_TOKENS_MAX) {
            return new Refused<>(
                    Reason.INVALID,
                    "token_ids: " + prompt.promptTokens() + " tokens (expected: at most " + PROMPT_TOKENS_MAX + ")");
        }
        return switch (prompt) {
            case SelectionPrompt.Tokens tokens ->
                new Given<>(pool.hasher(tokens).hash(tokens.tokenIds()));
            case SelectionPrompt.Hashes(var local, var sequence, var _)
            when local.length != sequence.length ->
                new Refused<>(
                        Reason.INVALID,
                        "sequence_hashes: " + sequence.length + " (expected: as many as block_hashes, " + local.length
                                + ")");
            case SelectionPrompt.Hashes(var local, var sequence, var _) ->
                new Given<>(new BlockHashes(local, sequence, pool.card().cache().blockSizeTokens()));
        };
    }

    /// Who holds these blocks.
    OverlapScores findMatches(BlockHashes hashes) {
        if (hashes.count() == 0) {
            return OverlapScores.NONE;
        }
        long startNanos = parts.nanoClock().getAsLong();
        OverlapScores scores = parts.prefixes().findMatches(hashes);
        parts.metrics().indexLookup(parts.nanoClock().getAsLong() - startNanos);
        return scores;
    }

    /// The request as the choice sees it.
    Answer<SchedulingRequest> read(WorkerPool pool, SelectionRequest request) {
        return hash(pool, request.prompt())
                .map(hashes -> new SchedulingRequest(
                        request.prompt().promptTokens(),
                        hashes,
                        findMatches(hashes),
                        request.constraints(),
                        request.override()));
    }

    /// Chooses among the ranks that may be given requests now, and books if asked to.
    Answer<Placed> place(WorkerPool pool, SelectionRequest request, SchedulingRequest read, boolean books) {
        return switch (candidates(pool, request)) {
            case Refused<List<RankSlot>> refused -> refused.of();
            case Given<List<RankSlot>>(var candidates) -> {
                Roles roles = roles(pool);
                yield new Given<>(
                        choose(pool, request, read, candidates, books ? roles.booking() : roles.looking(), books));
            }
        };
    }

    /// The ranks that may be given the request now; at least one.
    Answer<List<RankSlot>> candidates(WorkerPool pool, SelectionRequest request) {
        if (request.pinned() != null) {
            return pinned(pool, request);
        }
        List<RankSlot> eligible = request.constraints().eligible(pool.ranks());
        if (eligible.isEmpty()) {
            return new Refused<>(
                    Reason.NO_WORKERS,
                    pool + ": no worker is allowed and has the taints that are required (expected: at least one)");
        }
        List<RankSlot> usable =
                parts.overload().usable(pool.model(), parts.health().usable(eligible), pool.capacities());
        if (usable.isEmpty()) {
            return overloaded(pool, eligible);
        }
        if (request.affinity() != null) {
            List<RankSlot> wanted = usable.stream()
                    .filter(rank -> request.affinity().covers(rank.worker()))
                    .toList();
            return new Given<>(wanted.isEmpty() ? usable : wanted);
        }
        return new Given<>(usable);
    }

    private Answer<List<RankSlot>> pinned(WorkerPool pool, SelectionRequest request) {
        var worker = Objects.requireNonNull(request.pinned());
        @Nullable Set<Long> allowed = request.constraints().allowedWorkerIds();
        if (allowed != null && !allowed.contains(worker.workerId())) {
            return new Refused<>(Reason.INVALID, "pinned_worker: " + worker + " (expected: one of allowed_worker_ids)");
        }
        @Nullable RankSlot rank = pool.find(worker);
        if (rank == null || !request.constraints().allows(rank)) {
            return new Refused<>(Reason.NO_WORKERS, "pinned_worker: " + worker + " (expected: a rank of " + pool + ")");
        }
        List<RankSlot> usable = parts.overload().usable(pool.model(), List.of(rank), pool.capacities());
        return usable.isEmpty() ? overloaded(pool, List.of(rank)) : new Given<>(usable);
    }

    private Answer<List<RankSlot>> overloaded(WorkerPool pool, List<RankSlot> ranks) {
        long tokens = ranks.stream()
                .mapToLong(rank -> parts.active().prefillTokens(rank.slot()))
                .sum();
        int retryAfter = tokens == 0 ? 0 : parts.queues().drain(pool.model()).retryAfterSeconds(tokens);
        return new Refused<>(
                Reason.OVERLOADED, pool + ": every worker that could serve it is overloaded", Map.of(), retryAfter);
    }

    private Placed choose(
            WorkerPool pool,
            SelectionRequest request,
            SchedulingRequest read,
            List<RankSlot> candidates,
            Placements placements,
            boolean books) {
        @Nullable Session session = session(pool, request);
        // What is told of the chosen rank is its load at the moment of the choice.
        synchronized (parts.active()) {
            Placement placement = placements.aggregated(candidates, read, session);
            RankSlot rank = placement.decode().chosen();
            return new Placed(selected(pool, read, placement, books), rank, placement);
        }
    }

    private @Nullable Session session(WorkerPool pool, SelectionRequest request) {
        String id = request.followsSession() && parts.sessions().isOn() ? request.session() : null;
        return id == null ? null : new Session(pool.sessionScope(), id);
    }

    private Selected selected(WorkerPool pool, SchedulingRequest read, Placement placement, boolean booked) {
        RankSlot rank = placement.decode().chosen();
        int slot = rank.slot();
        SchedulingConfig rules = placement.decode().rules();
        int cached = placement.decode().cachedTokens();
        int own = rules.trackPrefillTokens() ? Math.max(0, read.promptTokens() - cached) : 0;
        ActiveSequences.Held held = parts.active().held();
        long prefillTokens = held.prefillTokens(slot) - (booked ? own : 0);
        long blocks = held.blocks(slot) + newBlocks(read, rules, held, slot, booked);
        return new Selected(
                pool.chosen(rank),
                read.hashes(),
                read.promptTokens(),
                rules.trackPrefillTokens(),
                pool.ranksOf(rank.worker().workerId()).stream()
                        .map(each -> RankOverlap.of(each, read.overlaps()))
                        .toList(),
                cached,
                blocks,
                prefillTokens,
                pool.capacities().batchedTokensMax(slot),
                pool.capacities().totalKvBlocks(slot));
    }

    /// Blocks of the request that the books do not show on the rank: all that are not in use, or, once
    /// it is booked, the incomplete last one.
    private static long newBlocks(
            SchedulingRequest read, SchedulingConfig rules, ActiveSequences.Held held, int slot, boolean booked) {
        if (booked && rules.trackActiveBlocks()) {
            return (long) read.blocks() - read.completeBlocks();
        }
        int shared = rules.assumeKvReuse() ? held.activePrefix(slot, read.hashes()) : 0;
        return (long) read.blocks() - shared;
    }

    private Roles roles(WorkerPool pool) {
        return pool.isPrefill() ? prefill : serving;
    }
}
