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
/// - All writes to the index happen on one thread, the lane; [#onWriter] adds others' writes to it.
///
/// Thread-safe. Owns the subscriber and one thread from [#start] to [#close].
public final class KvEventSources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KvEventSources.class);
    private static final String APPLIED = "applied";
    private static final String STALE = "stale";
    private static final String GAP = "gap";
    private static final String MALFORMED = "malformed";
    private static final String MISMATCH = "mismatch";
    private static final String UNADVERTISED = "unadvertised";
    private static final String IGNORED = "ignored";
    private static final String OVERFLOW = "overflow";

    private final EventSubscriber subscriber;
    private final KvIndexer indexer;
    private final EppMetrics metrics;
    private final KvEventLane<EventMessage> lane;

    /// Written by the lane; publisher id to what is known of it.
    private final Map<Long, RankSource> sources = new ConcurrentHashMap<>();

    /// Publishers of which a message was dropped because the queue was full.
    private final Set<Long> overflowed = ConcurrentHashMap.newKeySet();

    private volatile Map<Long, KvEventPublisher> advertised = Map.of();

    public KvEventSources(KvEventsConfig config, EventSubscriber subscriber, KvIndexer indexer, EppMetrics metrics) {
        this.subscriber = subscriber;
        this.indexer = indexer;
        this.metrics = metrics;
        lane = new KvEventLane<>(config, this::handle, this::dropOverflowed);
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
        });
    }

    /// Replaces the set of publishers. Ranks whose publisher left or was replaced are dropped from
    /// the index, on the lane, before any event of a new publisher is applied.
    public synchronized void update(List<KvEventPublisher> publishers) {
        Map<Long, KvEventPublisher> next = publishers.stream()
                .collect(Collectors.toUnmodifiableMap(KvEventPublisher::publisherId, p -> p, (a, _) -> a));
        advertised = next;
        lane.post(() -> rebind(next));
        subscriber.subscribe(
                next.values().stream().map(KvEventSources::addressOf).collect(Collectors.toSet()));
    }

    /// Runs the task on the thread that writes the index, after everything handed in before. Waits
    /// while the queue is full; after [#close] the task is dropped.
    public void onWriter(Runnable task) {
        lane.post(task);
    }

    /// True when the connection to every advertised publisher stands.
    public boolean allConnected() {
        return advertised.values().stream().allMatch(publisher -> subscriber.connected(addressOf(publisher)));
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
                            : new RankStatus(publisher, connected, 0, 0, 0));
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
        } else if (!lane.offer(message, message.payload().length)) {
            metrics.kvEvents(OVERFLOW, 1);
            overflowed.add(publisherId);
        }
    }

    // Everything below runs on the lane.

    private void rebind(Map<Long, KvEventPublisher> publishers) {
        sources.values().removeIf(source -> {
            @Nullable KvEventPublisher next = publishers.get(source.publisherId());
            boolean gone = next == null || !source.continuesAs(next);
            if (gone) {
                indexer.removeRank(source.worker());
            }
            return gone;
        });
        publishers.forEach((id, publisher) -> sources.computeIfAbsent(id, _ -> new RankSource(publisher)));
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
            startCold(source);
            source.forgetPosition();
            return;
        }
        if (!events.stream().allMatch(event -> event.worker().equals(source.worker()))) {
            metrics.kvEvents(MISMATCH, events.size());
            return;
        }
        apply(source, events);
    }

    private void apply(RankSource source, List<DecodedEvent> events) {
        int applied = 0;
        int stale = 0;
        int ignored = 0;
        for (DecodedEvent event : events) {
            switch (source.advance(event.eventId())) {
                case EventCursor.Step.Stale() -> {
                    stale++;
                    continue;
                }
                case EventCursor.Step.Initial(var missed) -> logMissed(source, missed);
                case EventCursor.Step.Contiguous() -> {}
                case EventCursor.Step.Gap(var missed) -> {
                    logMissed(source, missed);
                    metrics.kvEvents(GAP, 1);
                    startCold(source);
                }
                case EventCursor.Step.Restarted() -> startCold(source);
            }
            switch (event) {
                case DecodedEvent.Applicable(var routerEvent) -> {
                    indexer.apply(routerEvent);
                    source.applied();
                    applied++;
                }
                case DecodedEvent.Ignored _ -> ignored++;
            }
        }
        count(APPLIED, applied);
        count(STALE, stale);
        count(IGNORED, ignored);
    }

    /// The answer to lost events: the rank holds nothing until it says so again. A dump or a replay
    /// asked of the worker would go here.
    private void startCold(RankSource source) {
        source.startedCold();
        indexer.removeRank(source.worker());
    }

    /// A dropped message shows as a gap at the publisher's next one. When none follows, only this
    /// tells.
    private void dropOverflowed() {
        if (overflowed.isEmpty()) {
            return;
        }
        for (long publisherId : new HashSet<>(overflowed)) {
            overflowed.remove(publisherId);
            @Nullable RankSource source = sources.get(publisherId);
            if (source != null) {
                startCold(source);
                source.forgetPosition();
            }
        }
    }

    private static void logMissed(RankSource source, long missed) {
        if (missed != 0) {
            LOG.debug(
                    "KV events were missed: workerId={} dpRank={} events={}",
                    Long.toUnsignedString(source.worker().workerId()),
                    source.worker().dpRank(),
                    Long.toUnsignedString(missed));
        }
    }

    private void count(String outcome, int events) {
        if (events > 0) {
            metrics.kvEvents(outcome, events);
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
