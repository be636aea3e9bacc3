package io.kvepp.kvevents;

import io.kvepp.eventplane.EventMessage;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The ranks whose events one lane handles. Messages are decoded beside other lanes; the index is
/// written in turns.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
final class RankLane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RankLane.class);
    private static final String MALFORMED = "malformed";
    private static final String MISMATCH = "mismatch";
    private static final String UNADVERTISED = "unadvertised";
    private static final String OVERFLOW = "overflow";

    private final EppMetrics metrics;
    private final LongSupplier nanoClock;
    private final KvEventLane lane;
    private final RankFollower follower;

    /// Held by whoever writes the index.
    private final ReentrantLock turn;

    /// Written by the lane; publisher id to what is known of it.
    private final Map<Long, RankSource> sources = new ConcurrentHashMap<>();

    /// Publishers of which messages may be missing though none that follows shows it.
    private final Set<Long> doubted = ConcurrentHashMap.newKeySet();

    /// What a lane does with its events.
    ///
    /// - `indexer`: written by all lanes, one at a time
    /// - `recovery`: asked for what ranks hold
    record Parts(KvIndexer indexer, RecoveryClient recovery, EppMetrics metrics, LongSupplier nanoClock) {}

    RankLane(int number, KvEventsConfig config, Parts parts, ReentrantLock turn) {
        metrics = parts.metrics;
        nanoClock = parts.nanoClock;
        this.turn = turn;
        lane = new KvEventLane("kv-events-" + number, config, () -> inTurn(this::onIdle));
        follower = new RankFollower(parts.indexer, parts.recovery, metrics, nanoClock, this::post);
    }

    void start() {
        lane.start();
    }

    /// Replaces the publishers of this lane's ranks, after everything handed in before.
    void update(Map<Long, KvEventPublisher> publishers) {
        post(() -> rebind(publishers));
    }

    /// Runs the task after everything handed in before, while nobody else writes the index. Waits
    /// while the queue is full; dropped once the lane is closed.
    void post(Runnable task) {
        lane.post(() -> inTurn(task));
    }

    /// The same while others may write the index; the task must not.
    void pass(Runnable task) {
        lane.post(task);
    }

    /// Hands in a message; when there is no room it is dropped and its rank counts as interrupted.
    void offer(EventMessage message) {
        long receivedNanos = nanoClock.getAsLong();
        if (!lane.offer(() -> handle(message, receivedNanos), message.payload().length(), receivedNanos)) {
            metrics.kvEvents(OVERFLOW, 1);
            doubt(message.publisherId());
        }
    }

    /// Hands in the handling of a message, which is run while nobody else writes the index; false,
    /// and counted, when there is no room.
    boolean offer(Runnable handling, int bytes) {
        long receivedNanos = nanoClock.getAsLong();
        boolean room = lane.offer(() -> timed(handling, receivedNanos), bytes, receivedNanos);
        if (!room) {
            metrics.kvEvents(OVERFLOW, 1);
        }
        return room;
    }

    /// Messages of the publisher may be missing.
    void doubt(long publisherId) {
        doubted.add(publisherId);
    }

    int waitingMessages() {
        return lane.waitingMessages();
    }

    /// How long ago the oldest message came in that is not done yet; 0 when none waits.
    long lagNanos() {
        OptionalLong oldest = lane.oldestReceivedNanos();
        return oldest.isEmpty() ? 0 : Math.max(0, nanoClock.getAsLong() - oldest.getAsLong());
    }

    /// What is known of the publisher; null when nothing is, yet or any more.
    @Nullable
    RankSource find(KvEventPublisher publisher) {
        @Nullable RankSource source = sources.get(publisher.publisherId());
        return source != null && source.continuesAs(publisher) ? source : null;
    }

    @Override
    public void close() {
        lane.close();
    }

    // Everything below runs on the lane.

    private void inTurn(Runnable task) {
        turn.lock();
        try {
            task.run();
        } finally {
            turn.unlock();
        }
    }

    private void timed(Runnable handling, long receivedNanos) {
        long startNanos;
        long endNanos;
        turn.lock();
        try {
            startNanos = nanoClock.getAsLong();
            follower.tick();
            handling.run();
            endNanos = nanoClock.getAsLong();
        } finally {
            turn.unlock();
        }
        metrics.kvEventsApplied(endNanos - startNanos, endNanos - receivedNanos);
    }

    private void rebind(Map<Long, KvEventPublisher> publishers) {
        sources.values().removeIf(source -> {
            @Nullable KvEventPublisher next = publishers.get(source.publisherId());
            boolean gone = next == null || !source.continuesAs(next);
            if (gone) {
                follower.remove(source);
            }
            return gone;
        });
        publishers.forEach((id, publisher) -> {
            @Nullable RankSource known = sources.get(id);
            if (known != null) {
                follower.move(known, publisher);
            } else {
                RankSource source = new RankSource(publisher);
                follower.add(source);
                sources.put(id, source);
            }
        });
        follower.tick();
    }

    private void handle(EventMessage message, long receivedNanos) {
        @Nullable RankSource source = sources.get(message.publisherId());
        if (source == null) {
            metrics.kvEvents(UNADVERTISED, 1);
            return;
        }
        List<DecodedEvent> events;
        try {
            events = KvEventDecoder.decode(message.payload());
        } catch (MalformedMessageException e) {
            metrics.kvEvents(MALFORMED, 1);
            LOG.debug("malformed KV events: source={} {}", source.worker(), e.getMessage());
            inTurn(() -> follower.lose(source));
            return;
        }
        if (!areAbout(source.worker(), events)) {
            metrics.kvEvents(MISMATCH, events.size());
            return;
        }
        timed(() -> follower.accept(source, events), receivedNanos);
    }

    private static boolean areAbout(WorkerWithDpRank worker, List<DecodedEvent> events) {
        for (DecodedEvent event : events) {
            if (!event.worker().equals(worker)) {
                return false;
            }
        }
        return true;
    }

    private void onIdle() {
        dropDoubted();
        follower.tick();
    }

    /// A dropped message shows as a gap at the publisher's next one. When none follows, only this
    /// tells.
    private void dropDoubted() {
        if (doubted.isEmpty()) {
            return;
        }
        for (long publisherId : new HashSet<>(doubted)) {
            doubted.remove(publisherId);
            @Nullable RankSource source = sources.get(publisherId);
            if (source != null) {
                follower.lose(source);
            }
        }
    }
}
