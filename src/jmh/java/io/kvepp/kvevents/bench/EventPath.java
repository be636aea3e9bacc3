package io.kvepp.kvevents.bench;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import io.kvepp.eventplane.EngineSubscriber;
import io.kvepp.eventplane.EventFrames;
import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvevents.KvEventSources;
import io.kvepp.kvevents.KvEventsConfig;
import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.engine.EngineEventSources;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The product's way from what a socket gave to the index, without the sockets: bytes are handed in
/// on the caller's thread and applied on the lane.
///
/// *Confined* to one caller.
final class EventPath implements AutoCloseable {
    private static final String TOPIC = "kv-events";
    private static final byte[] TOPIC_FRAME = TOPIC.getBytes(StandardCharsets.UTF_8);
    private static final int WAITING_MAX = 1_024;

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private final EppMetrics metrics = new EppMetrics();
    private final Plane plane = new Plane();
    private final Engines engines = new Engines();
    private final KvEventSources sources = new KvEventSources(
            new KvEventsConfig(65_536, 128 << 20, 1), plane, index, RecoveryClient.NONE, metrics, System::nanoTime);
    private final EngineEventSources engineSources = new EngineEventSources(engines, index, sources, metrics);
    private final List<EngineAddress> addresses = new ArrayList<>();
    private final int[] sequences;

    EventPath(int ranks) throws InterruptedException {
        sequences = new int[ranks];
        List<KvEventPublisher> publishers = new ArrayList<>();
        List<EngineEvents> engineEvents = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            WorkerWithDpRank worker = new WorkerWithDpRank(rank + 1L, 0);
            if (slots.assign(worker) == WorkerSlots.NONE) {
                throw new IllegalStateException("ranks: " + ranks + " (expected: fewer)");
            }
            String address = "tcp://127.0.0.1:" + (rank + 1);
            publishers.add(new KvEventPublisher(rank + 1L, worker, address));
            engineEvents.add(
                    new EngineEvents(worker, EngineEvents.EngineKind.VLLM, address, null, EventsMaker.TOKENS_A_BLOCK));
            addresses.add(new EngineAddress(address, null));
        }
        sources.start();
        engineSources.start();
        sources.update(publishers);
        engineSources.update(engineEvents);
        drain();
    }

    /// Hands in a message of the event plane.
    void plane(EventMessages.Message message) {
        awaitRoom();
        byte[] publisherId = ByteBuffer.allocate(8).putLong(message.rank() + 1L).array();
        byte[] sequence =
                ByteBuffer.allocate(8).putLong(sequences[message.rank()]++).array();
        plane.receive(List.of(TOPIC_FRAME, publisherId, sequence, message.frame()));
    }

    /// Hands in a message of an engine.
    void engine(EventMessages.Message message) {
        awaitRoom();
        engines.listener().onMessage(addresses.get(message.rank()), sequences[message.rank()]++, message.engine());
    }

    /// Runs the task when everything handed in before is in the index.
    void afterwards(Runnable task) {
        sources.onWriter(task);
    }

    void drain() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        sources.onWriter(done::countDown);
        done.await();
    }

    PrefixKvIndexer index() {
        return index;
    }

    /// Messages and events that did not reach the index.
    long lost() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("kv_epp_kv_events_total{") && !line.contains("\"applied\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Override
    public void close() {
        engineSources.close();
        sources.close();
        metrics.close();
    }

    private void awaitRoom() {
        while (sources.waitingMessages() > WAITING_MAX) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static final class Plane implements EventSubscriber {
        private @Nullable EventListener listener;

        void receive(List<byte[]> frames) {
            try {
                Objects.requireNonNull(listener).onMessage(EventFrames.decode(TOPIC, frames));
            } catch (MalformedMessageException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void start(EventListener given) {
            listener = given;
        }

        @Override
        public boolean reaches(PublisherAddress publisher) {
            return true;
        }

        @Override
        public void subscribe(Set<PublisherAddress> publishers) {}

        @Override
        public boolean connected(PublisherAddress publisher) {
            return true;
        }

        @Override
        public void close() {}
    }

    private static final class Engines implements EngineSubscriber {
        private @Nullable EngineListener listener;

        EngineListener listener() {
            return Objects.requireNonNull(listener);
        }

        @Override
        public void start(EngineListener given) {
            listener = given;
        }

        @Override
        public void subscribe(Set<EngineAddress> all) {}

        @Override
        public boolean connected(EngineAddress engine) {
            return true;
        }

        @Override
        public void replay(EngineAddress engine, long replay, long fromSequence, Duration pause) {}

        @Override
        public void close() {}
    }

    /// How messages are handed in.
    enum Form {
        ZMQ(EventPath::plane),
        RAW(EventPath::engine);

        private final BiConsumer<EventPath, EventMessages.Message> hand;

        Form(BiConsumer<EventPath, EventMessages.Message> hand) {
            this.hand = hand;
        }

        void hand(EventPath path, EventMessages.Message message) {
            hand.accept(path, message);
        }
    }
}
