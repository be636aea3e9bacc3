package io.kvepp.kvevents;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the index equal to what the advertised publishers say.
///
/// - A message counts only when its publisher is advertised and every event in it is about the rank
///   the publisher is advertised for.
/// - A rank whose events were lost, or whose publisher left or was replaced, is dropped from the
///   index: cold is safe, wrong is not.
/// - A new rank, and one whose events were lost, is recovered from what its worker tells, where it
///   can be asked; live events wait meanwhile.
/// - All writes to the index happen on one thread, the lane; [#onWriter] adds others' writes to it.
///
/// Thread-safe. Owns the subscriber and one thread from [#start] to [#close].
public final class KvEventSources implements IndexWriter, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvEventSources.class);
    private static final String MALFORMED = "malformed";
    private static final String MISMATCH = "mismatch";
    private static final String UNADVERTISED = "unadvertised";
    private static final String OVERFLOW = "overflow";

    private final EventSubscriber subscriber;
    private final RecoveryClient recovery;
    private final EppMetrics metrics;
    private final LongSupplier nanoClock;
    private final KvEventLane lane;
    private final RankFollower follower;

    /// Written by the lane; publisher id to what is known of it.
    private final Map<Long, RankSource> sources = new ConcurrentHashMap<>();

    /// Publishers of which messages may be missing though none that follows shows it.
    private final Set<Long> doubted = ConcurrentHashMap.newKeySet();

    private volatile Map<Long, KvEventPublisher> advertised = Map.of();

    /// @param recovery asked for what ranks hold; [RecoveryClient#NONE]: every rank starts cold
    /// @param nanoClock for pauses between questions and for times; any origin
    public KvEventSources(
            KvEventsConfig config,
            EventSubscriber subscriber,
            KvIndexer indexer,
            RecoveryClient recovery,
            EppMetrics metrics,
            LongSupplier nanoClock) {
        this.subscriber = subscriber;
        this.recovery = recovery;
        this.metrics = metrics;
        this.nanoClock = nanoClock;
        lane = new KvEventLane(config, this::onIdle);
        follower = new RankFollower(indexer, recovery, metrics, nanoClock, lane::post);
    }

    /// Called once.
    public void start() {
        lane.start();
        subscriber.start(new EventListener() {
            @Override
            public void onMessage(EventMessage message) {
                enqueue(message);
            }

            @Override
            public void onMalformed(String detail) {
                metrics.kvEvents(MALFORMED, 1);
                LOG.debug("malformed message: {}", detail);
            }

            @Override
            public void onInterrupted(PublisherAddress publisher) {
                doubted.add(publisher.publisherId());
            }
        });
    }

    /// Replaces the set of publishers. Those that the event plane does not reach are not heard, and
    /// never connected. Ranks whose publisher left or was replaced are dropped from
    /// the index, on the lane, before any event of a new publisher is applied.
    public synchronized void update(List<KvEventPublisher> publishers) {
        Map<Long, KvEventPublisher> next = publishers.stream()
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p, (a, _) -> a));
        Map<Long, KvEventPublisher> heard = next.values().stream()
                .filter(publisher -> subscriber.reaches(addressOf(publisher)))
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p));
        advertised = next;
        lane.post(() -> rebind(heard));
        subscriber.subscribe(
                heard.values().stream().map(KvEventSources::addressOf).collect(Collectors.toSet()));
    }

    @Override
    public void onWriter(Runnable task) {
        lane.post(task);
    }

    @Override
    public boolean offer(Runnable handling, int bytes) {
        long receivedNanos = nanoClock.getAsLong();
        boolean room = lane.offer(() -> timed(handling, receivedNanos), bytes);
        if (!room) {
            metrics.kvEvents(OVERFLOW, 1);
        }
        return room;
    }

    /// True when the connection to every advertised publisher stands and the first recovery of
    /// every rank has ended, well or not.
    public boolean allConnected() {
        return advertised.values().stream()
                .allMatch(publisher -> subscriber.connected(addressOf(publisher)) && hasStarted(publisher));
    }

    private boolean hasStarted(KvEventPublisher publisher) {
        @Nullable RankSource source = sources.get(publisher.publisherId());
        return !recovery.canRecover(publisher) || (source != null && source.continuesAs(publisher) && source.started());
    }

    /// Messages that were received and are not in the index yet.
    public int waitingMessages() {
        return lane.waitingMessages();
    }

    /// Every advertised publisher, by rank.
    public List<RankStatus> status() {
        List<RankStatus> statuses = new ArrayList<>();
        for (KvEventPublisher publisher : advertised.values()) {
            boolean connected = subscriber.connected(addressOf(publisher));
            @Nullable RankSource source = sources.get(publisher.publisherId());
            statuses.add(
                    source != null && source.continuesAs(publisher)
                            ? source.status(publisher, connected)
                            : new RankSource(publisher).status(publisher, connected));
        }
        statuses.sort((a, b) -> compare(a.publisher().worker(), b.publisher().worker()));
        return List.copyOf(statuses);
    }

    /// Ends the subscription, then the lane. What still waits is dropped.
    @Override
    public void close() {
        subscriber.close();
        lane.close();
    }

    /// On the subscriber's thread.
    private void enqueue(EventMessage message) {
        long publisherId = message.publisherId();
        if (!advertised.containsKey(publisherId)) {
            metrics.kvEvents(UNADVERTISED, 1);
        } else if (!offer(() -> handle(message), message.payload().length)) {
            doubted.add(publisherId);
        }
    }

    // Everything below runs on the lane.

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

    private void timed(Runnable handling, long receivedNanos) {
        follower.tick();
        long startNanos = nanoClock.getAsLong();
        handling.run();
        long endNanos = nanoClock.getAsLong();
        metrics.kvEventsApplied(endNanos - startNanos, endNanos - receivedNanos);
    }

    private void handle(EventMessage message) {
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
            follower.lose(source);
            return;
        }
        if (!areAbout(source.worker(), events)) {
            metrics.kvEvents(MISMATCH, events.size());
            return;
        }
        follower.accept(source, events);
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

    private static PublisherAddress addressOf(KvEventPublisher publisher) {
        return new PublisherAddress(publisher.publisherId(), publisher.endpoint());
    }

    private static int compare(WorkerWithDpRank a, WorkerWithDpRank b) {
        int byWorker = Long.compareUnsigned(a.workerId(), b.workerId());
        return byWorker != 0 ? byWorker : Integer.compare(a.dpRank(), b.dpRank());
    }
}
