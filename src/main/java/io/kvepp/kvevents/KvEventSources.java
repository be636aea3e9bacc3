package io.kvepp.kvevents;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
/// - The events of a rank are handled by one lane, in order; the lanes write the index in turns.
///   [#onWriter] and [#afterAll] add others' writes to theirs.
///
/// Thread-safe. Owns the subscriber and the lanes' threads from [#start] to [#close].
public final class KvEventSources implements IndexWriter, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvEventSources.class);
    private static final String MALFORMED = "malformed";
    private static final String UNADVERTISED = "unadvertised";
    private static final long HASH_FACTOR = 0x9E3779B97F4A7C15L;

    private final EventSubscriber subscriber;
    private final RecoveryClient recovery;
    private final EppMetrics metrics;
    private final List<RankLane> lanes;

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
        RankLane.Parts parts = new RankLane.Parts(indexer, recovery, metrics, nanoClock);
        ReentrantLock turn = new ReentrantLock();
        lanes = IntStream.range(0, config.lanes())
                .mapToObj(number -> new RankLane(number, config, parts, turn))
                .toList();
    }

    /// Called once.
    public void start() {
        lanes.forEach(RankLane::start);
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
                doubt(publisher);
            }
        });
    }

    /// Replaces the set of publishers. Those that the event plane does not reach are not heard, and
    /// never connected. Ranks whose publisher left or was replaced are dropped from the index before
    /// any event of a new publisher is applied.
    public synchronized void update(List<KvEventPublisher> publishers) {
        Map<Long, KvEventPublisher> next = publishers.stream()
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p, (a, _) -> a));
        Map<Long, KvEventPublisher> heard = next.values().stream()
                .filter(publisher -> subscriber.reaches(addressOf(publisher)))
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p));
        advertised = next;
        lanes.forEach(lane -> lane.update(heard.values().stream()
                .filter(publisher -> laneOf(publisher.worker()).equals(lane))
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p))));
        subscriber.subscribe(
                heard.values().stream().map(KvEventSources::addressOf).collect(Collectors.toSet()));
    }

    /// On the first lane, which is the only one that others' events come to.
    @Override
    public void onWriter(Runnable task) {
        lanes.getFirst().post(task);
    }

    @Override
    public boolean offer(Runnable handling, int bytes) {
        return lanes.getFirst().offer(handling, bytes);
    }

    /// Runs the task after everything handed in before to any lane, while nobody else writes the
    /// index.
    public void afterAll(Runnable task) {
        passOn(0, task);
    }

    /// Only upwards and in nobody's turn, so that lanes whose queues are full do not wait for each
    /// other.
    private void passOn(int lane, Runnable task) {
        if (lane == lanes.size() - 1) {
            lanes.get(lane).post(task);
        } else {
            lanes.get(lane).pass(() -> passOn(lane + 1, task));
        }
    }

    /// True when the connection to every advertised publisher stands and the first recovery of
    /// every rank has ended, well or not.
    public boolean allConnected() {
        return advertised.values().stream()
                .allMatch(publisher -> subscriber.connected(addressOf(publisher)) && hasStarted(publisher));
    }

    private boolean hasStarted(KvEventPublisher publisher) {
        @Nullable RankSource source = find(publisher);
        return !recovery.canRecover(publisher) || (source != null && source.started());
    }

    /// Messages that were received and are not in the index yet.
    public int waitingMessages() {
        int waiting = 0;
        for (RankLane lane : lanes) {
            waiting += lane.waitingMessages();
        }
        return waiting;
    }

    /// How long ago the oldest message was received that is not in the index yet, in milliseconds; 0
    /// when none waits.
    public long lagMillis() {
        long nanos = 0;
        for (RankLane lane : lanes) {
            nanos = Math.max(nanos, lane.lagNanos());
        }
        return nanos / 1_000_000;
    }

    /// Every advertised publisher, by rank.
    public List<RankStatus> status() {
        List<RankStatus> statuses = new ArrayList<>();
        for (KvEventPublisher publisher : advertised.values()) {
            boolean connected = subscriber.connected(addressOf(publisher));
            @Nullable RankSource source = find(publisher);
            statuses.add((source == null ? new RankSource(publisher) : source).status(publisher, connected));
        }
        statuses.sort((a, b) -> compare(a.publisher().worker(), b.publisher().worker()));
        return List.copyOf(statuses);
    }

    /// Ends the subscription, then the lanes. What still waits is dropped.
    @Override
    public void close() {
        subscriber.close();
        lanes.forEach(RankLane::close);
    }

    /// On the subscriber's thread.
    private void enqueue(EventMessage message) {
        @Nullable KvEventPublisher publisher = advertised.get(message.publisherId());
        if (publisher == null) {
            metrics.kvEvents(UNADVERTISED, 1);
        } else {
            laneOf(publisher.worker()).offer(message);
        }
    }

    private void doubt(PublisherAddress address) {
        @Nullable KvEventPublisher publisher = advertised.get(address.publisherId());
        if (publisher != null) {
            laneOf(publisher.worker()).doubt(address.publisherId());
        }
    }

    private @Nullable RankSource find(KvEventPublisher publisher) {
        return laneOf(publisher.worker()).find(publisher);
    }

    private RankLane laneOf(WorkerWithDpRank rank) {
        long mixed = rank.hashCode() * HASH_FACTOR;
        return lanes.get(Math.floorMod(mixed ^ mixed >>> Integer.SIZE, lanes.size()));
    }

    private static PublisherAddress addressOf(KvEventPublisher publisher) {
        return new PublisherAddress(publisher.publisherId(), publisher.endpoint());
    }

    private static int compare(WorkerWithDpRank a, WorkerWithDpRank b) {
        int byWorker = Long.compareUnsigned(a.workerId(), b.workerId());
        return byWorker != 0 ? byWorker : Integer.compare(a.dpRank(), b.dpRank());
    }
}
