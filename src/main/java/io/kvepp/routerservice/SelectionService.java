package io.kvepp.routerservice;

import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.Bookings.Claim;
import io.kvepp.routerservice.Bookings.Ticket;
import io.kvepp.routerservice.PendingSelections.Pending;
import io.kvepp.routerservice.PoolSelector.Placed;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.queue.AdmissionQueue;
import io.kvepp.scheduling.queue.Delivery;
import io.kvepp.worker.WorkerDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Chooses workers for callers that are not gateways, and keeps their bookings under the ids of
/// their requests.
///
/// - A choice alone ([#select]) changes nothing. [#selectAndBook] chooses and books in one step; the
///   request may wait for room where requests of the model do.
/// - A booking lasts until [#free]; the calls before that tell how the request goes on. It is a
///   lease: of one that nothing is heard of for long the load is given back.
/// - An id is in use from the moment a booking is asked for until its end; a second booking under it
///   is refused.
/// - What is normal (no worker, an id in use, an unknown id) is an [Answer] or false, never an
///   exception.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection`.
///
/// Thread-safe. [#onWorkers] is called by the discovery thread, [#tick] now and then by one thread.
public final class SelectionService {
    private final SelectionParts parts;
    private final PoolSelector selector;
    private final Bookings bookings;
    private final PendingSelections pending;
    private final DirectBookings direct;
    private final LoadWatches watches = new LoadWatches();
    private volatile WorkerPools pools;

    public SelectionService(SelectionParts parts, WorkerDirectory.Snapshot workers) {
        this(parts, workers, Bookings.BOOKINGS_MAX);
    }

    SelectionService(SelectionParts parts, WorkerDirectory.Snapshot workers, int bookingsMax) {
        this.parts = parts;
        selector = new PoolSelector(parts);
        bookings = new Bookings(bookingsMax, parts.bookingSilenceMax(), parts.nanoClock());
        pending = new PendingSelections(parts.nanoClock());
        direct = new DirectBookings(parts, selector, bookings, pending);
        pools = WorkerPools.of(workers);
    }

    /// Puts a new state of the worker directory in force; called before the queues hear of it.
    public void onWorkers(WorkerDirectory.Snapshot workers) {
        pools = WorkerPools.of(workers);
    }

    /// Whether anybody is in any pool now.
    public boolean servesAny() {
        return !pools.all().isEmpty();
    }

    /// Whether anybody is in the pool now.
    public boolean serves(PoolKey pool) {
        return pools.find(pool) != null;
    }

    /// Chooses at once, books nothing.
    public Answer<Selected> select(SelectionRequest request) {
        Answer<Selected> answer = look(request).map(Placed::selected);
        count(answer);
        return answer;
    }

    /// Chooses at once, and remembers the choice for [#replay].
    public Answer<Selected> select(String id, SelectionRequest request) {
        Answer<Placed> answer = look(request);
        if (answer instanceof Given<Placed>(var placed)) {
            Selected selected = placed.selected();
            SchedulingConfig rules = placed.placement().decode().rules();
            pending.put(
                    id,
                    new Pending(
                            request.pool(),
                            placed.rank(),
                            selected.hashes(),
                            selected.promptTokens(),
                            selected.uncachedTokens(),
                            selected.trackPrefillTokens(),
                            rules.assumeKvReuse(),
                            request.expectedOutputTokens(),
                            request.followsSession() ? request.session() : null,
                            parts.nanoClock().getAsLong()));
        }
        Answer<Selected> selected = answer.map(Placed::selected);
        count(selected);
        return selected;
    }

    /// Chooses and books under `id`, as soon as there is room. The listener is called once unless the
    /// returned action has run before, which gives the selection up and back what it has booked: on this
    /// thread where nobody waits, else on the one that made room.
    public Runnable selectAndBook(String id, SelectionRequest request, Consumer<Answer<Selected>> listener) {
        Delivery<Answer<Selected>> answer = new Delivery<>(result -> {
            count(result);
            listener.accept(result);
        });
        switch (bookings.claim(id)) {
            case Claim.InUse() -> answer.deliver(Bookings.inUse(id));
            case Claim.Full() -> answer.deliver(bookings.full());
            case Claim.Claimed(var ticket) -> new QueuedSelection(this, parts, request, ticket, answer).start();
        }
        return answer::cancel;
    }

    /// Books what [#select] under this id and in this pool came to.
    public Answer<ChosenWorker> replay(String id, PoolKey key) {
        @Nullable Pending found = pending.find(key, id);
        if (found == null) {
            return new Refused<>(
                    Reason.NOT_FOUND,
                    "selection_id: " + id + " (expected: one selected for " + key + " and not booked since)");
        }
        @Nullable WorkerPool pool = pools.find(key);
        return pool == null ? nobody(key) : direct.replay(id, found, pool);
    }

    /// Books on a rank that the caller chose; a pending selection of that id is forgotten.
    public Answer<ChosenWorker> book(String id, ExplicitBooking wanted) {
        pending.remove(wanted.pool(), id);
        @Nullable WorkerPool pool = pools.find(wanted.pool());
        return pool == null ? nobody(wanted.pool()) : direct.book(id, wanted, pool);
    }

    /// Its prompt is computed. False when there is no such booking.
    public boolean prefillCompleted(String id) {
        @Nullable Booking booking = bookings.heardOf(id);
        if (booking == null) {
            return false;
        }
        int computed = booking.prefillCompleted();
        if (computed > 0) {
            parts.queues().drain(booking.model()).add(computed);
        }
        parts.queues().loadFell(booking.model());
        return true;
    }

    /// Its answer moves: the lease starts anew. False when there is no such booking.
    public boolean progressed(String id) {
        @Nullable Booking booking = bookings.heardOf(id);
        if (booking != null) {
            booking.progressed();
        }
        return booking != null;
    }

    /// It has opened one more block, and its blocks weigh so much from now on, 0 to 1; null: this
    /// one weighs 1 and the others what they did. False when there is no such booking.
    public boolean outputBlock(String id, @Nullable Double weight) {
        @Nullable Booking booking = bookings.heardOf(id);
        if (booking != null) {
            booking.outputBlock(weight);
        }
        return booking != null;
    }

    /// It has generated so many tokens in all. False when there is no such booking.
    public boolean generated(String id, int tokens) {
        @Nullable Booking booking = bookings.heardOf(id);
        if (booking != null) {
            booking.generated(tokens);
        }
        return booking != null;
    }

    /// It is over. False when there is no such booking (any more).
    public boolean free(String id) {
        @Nullable Booking booking = bookings.remove(id);
        return booking != null && release(booking);
    }

    /// What every rank of the pool holds of a prompt, overloaded ones included.
    public Answer<OverlapTable> overlaps(PoolKey key, SelectionPrompt prompt) {
        @Nullable WorkerPool pool = pools.find(key);
        return pool == null
                ? nobody(key)
                : selector.hash(pool, prompt).map(hashes -> {
                    var scores = selector.findMatches(hashes);
                    return new OverlapTable(
                            pool.card().cache().blockSizeTokens(),
                            hashes.count(),
                            pool.ranks().stream()
                                    .map(rank -> RankOverlap.of(rank, scores))
                                    .toList());
                });
    }

    /// The load every rank of the pool would have with this request.
    public Answer<List<PoolLoads.RankLoad>> potentialLoads(SelectionRequest request) {
        @Nullable WorkerPool pool = pools.find(request.pool());
        return pool == null
                ? nobody(request.pool())
                : selector.read(pool, request)
                        .map(read -> Loads.with(read, pool, selector.rules(pool), parts.active()));
    }

    /// The load of every rank of every pool.
    public List<PoolLoads> loads() {
        List<PoolLoads> loads = new ArrayList<>();
        for (WorkerPool pool : pools.all()) {
            @Nullable AdmissionQueue queue = parts.queues().of(pool.model());
            loads.add(Loads.now(pool, parts.active(), queue));
        }
        return loads;
    }

    /// Tells the loads of all pools now and whenever they have changed, at most once a tick, until
    /// the given action is run. Refused when too many watch already. `listener` must not block.
    public Answer<Runnable> watch(Consumer<List<PoolLoads>> listener) {
        return watches.add(listener, loads());
    }

    /// Ids in use.
    public int bookings() {
        return bookings.size();
    }

    /// Bookings given back because nothing was heard of them, since the start.
    public long silentBookings() {
        return bookings.silent();
    }

    /// Forgets every booking and every pending selection.
    public void reset() {
        pending.clear();
        bookings.takeAll().forEach(this::release);
    }

    /// Gives silent bookings back; tells watchers what has changed. Called several times a second.
    public void tick() {
        bookings.takeSilent().forEach(this::release);
        if (watches.any()) {
            watches.tell(loads());
        }
    }

    @Nullable
    WorkerPool pool(PoolKey key) {
        return pools.find(key);
    }

    PoolSelector selector() {
        return selector;
    }

    /// Puts a placed request under its id.
    Answer<Selected> install(Ticket ticket, WorkerPool pool, Placed placed, int expectedOutputTokens) {
        Selected selected = placed.selected();
        Booking booking = new Booking(new Booking.Terms(
                pool.model(),
                placed.placement().decodeReservation(),
                placed.placement().session(),
                parts.prefixes().routed(placed.rank().worker(), selected.hashes()),
                selected.promptTokens(),
                selected.uncachedTokens(),
                selected.hashes().blockSizeTokens(),
                expectedOutputTokens));
        if (!bookings.install(ticket, booking)) {
            return Bookings.wasReset();
        }
        parts.health().chosen(placed.rank().slot());
        return new Given<>(selected);
    }

    /// Gives a claim back, with what was installed under it.
    void withdraw(Ticket ticket) {
        @Nullable Booking booking = bookings.remove(ticket);
        if (booking != null) {
            booking.withdraw();
            parts.queues().loadFell(booking.model());
        }
    }

    static <T> Refused<T> nobody(PoolKey key) {
        return new Refused<>(Reason.NO_WORKERS, key + ": no worker serves it now (expected: at least one)");
    }

    private Answer<Placed> look(SelectionRequest request) {
        @Nullable WorkerPool pool = pools.find(request.pool());
        return pool == null
                ? nobody(request.pool())
                : switch (selector.read(pool, request)) {
                    case Refused<SchedulingRequest> refused -> refused.of();
                    case Given<SchedulingRequest>(var read) -> selector.place(pool, request, read, false);
                };
    }

    private boolean release(Booking booking) {
        boolean ended = booking.release();
        parts.queues().loadFell(booking.model());
        return ended;
    }

    private void count(Answer<Selected> answer) {
        parts.metrics()
                .selection(
                        answer instanceof Refused<Selected> refused
                                ? refused.reason().name().toLowerCase(Locale.ROOT)
                                : "selected");
    }
}
