package io.kvepp.kvevents.engine;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import io.kvepp.eventplane.EngineSubscriber;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvevents.IndexWriter;
import io.kvepp.kvevents.RankStatus;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.EngineEvents;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the index equal to what engines tell of themselves.
///
/// Thread-safe. Owns the subscriber from [#start] to [#close]; writes the index through the writer
/// it is given.
public final class EngineEventSources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineEventSources.class);

    private final EngineSubscriber subscriber;
    private final KvIndexer indexer;
    private final IndexWriter writer;
    private final EppMetrics metrics;
    private final AtomicLong replays = new AtomicLong();

    /// Written by the index's writer.
    private final Map<EngineAddress, EngineRank> ranks = new ConcurrentHashMap<>();

    private volatile List<EngineEvents> announced = List.of();

    public EngineEventSources(EngineSubscriber subscriber, KvIndexer indexer, IndexWriter writer, EppMetrics metrics) {
        this.subscriber = subscriber;
        this.indexer = indexer;
        this.writer = writer;
        this.metrics = metrics;
    }

    /// Called once.
    public void start() {
        subscriber.start(new Handing());
    }

    /// Replaces the set of engines. Ranks that left, or are told of in another way now, are dropped
    /// from the index.
    public synchronized void update(List<EngineEvents> engines) {
        List<EngineEvents> next = List.copyOf(engines);
        announced = next;
        writer.onWriter(() -> rebind(next));
        subscriber.subscribe(next.stream().map(EngineEventSources::addressOf).collect(Collectors.toSet()));
    }

    /// True when the connection to every engine stands and the first replay of each has ended, well
    /// or not.
    public boolean allConnected() {
        return announced.stream().allMatch(engine -> {
            @Nullable EngineRank rank = ranks.get(addressOf(engine));
            return subscriber.connected(addressOf(engine)) && rank != null && rank.started();
        });
    }

    /// Every engine rank.
    public List<RankStatus> status() {
        return ranks.values().stream()
                .map(rank -> rank.status(subscriber.connected(rank.address())))
                .toList();
    }

    @Override
    public void close() {
        subscriber.close();
    }

    private void rebind(List<EngineEvents> engines) {
        Set<EngineEvents> wanted = new HashSet<>(engines);
        ranks.values().removeIf(rank -> {
            boolean gone = !wanted.contains(rank.engine());
            if (gone) {
                rank.remove();
            }
            return gone;
        });
        for (EngineEvents engine : engines) {
            EngineAddress address = addressOf(engine);
            @Nullable EngineRank known = ranks.get(address);
            if (known == null) {
                ranks.put(address, new EngineRank(engine, indexer, metrics, (to, from, pause) -> {
                    long number = replays.getAndIncrement();
                    subscriber.replay(to, number, from, pause);
                    return number;
                }));
            } else if (!known.engine().equals(engine)) {
                LOG.warn(
                        "two ranks name the same event address, only one is heard: source={} endpoint={}",
                        engine.worker(),
                        engine.eventAddress());
            }
        }
    }

    private static EngineAddress addressOf(EngineEvents engine) {
        return new EngineAddress(engine.eventAddress(), engine.replayAddress());
    }

    /// Hands everything to the index's writer.
    private final class Handing implements EngineListener {
        @Override
        public void onConnected(EngineAddress engine) {
            writer.onWriter(() -> with(engine, EngineRank::connected));
        }

        @Override
        public void onMessage(EngineAddress engine, long sequence, byte[] payload) {
            if (!writer.offer(() -> with(engine, rank -> rank.message(sequence, payload)), payload.length)) {
                writer.onWriter(() -> with(engine, EngineRank::lost));
            }
        }

        @Override
        public void onMalformed(EngineAddress engine, String detail) {
            metrics.kvEvents("malformed", 1);
            LOG.debug("malformed message: endpoint={} {}", engine.eventAddress(), detail);
        }

        @Override
        public void onReplayed(EngineAddress engine, long replay, long sequence, byte[] payload) {
            writer.onWriter(() -> with(engine, rank -> rank.replayed(replay, sequence, payload)));
        }

        @Override
        public void onReplayEnd(EngineAddress engine, long replay, boolean complete) {
            writer.onWriter(() -> with(engine, rank -> rank.replayEnd(replay, complete)));
        }

        private void with(EngineAddress engine, Consumer<EngineRank> call) {
            @Nullable EngineRank rank = ranks.get(engine);
            if (rank != null) {
                call.accept(rank);
            }
        }
    }
}
