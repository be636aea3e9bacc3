package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvevents.testing.FakeRecoveryClient;
import io.kvepp.kvevents.testing.HoldingIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A worker that keeps its own log, a lossy way to the index, and a way to ask that often fails.
class RecoveryModelTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);
    private static final int RING_EVENTS = 20;
    private static final int STEPS = 3_000;
    private static final int HASHES = 40;

    private final HoldingIndexer index = new HoldingIndexer();
    private final FakeRecoveryClient client = new FakeRecoveryClient();
    private final Set<Long> held = new TreeSet<>();
    private final List<RouterEvent> log = new ArrayList<>();
    private long nowNanos;
    private long publisherId = 70;
    private RankSource source = new RankSource(publisher());

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void afterQuiescenceTheIndexHoldsWhatTheWorkerHolds(long seed) {
        Random random = new Random(seed);
        double answerFails = seed % 3 * 0.4;
        try (EppMetrics metrics = new EppMetrics()) {
            RankFollower follower = new RankFollower(index, client, metrics, () -> nowNanos, Runnable::run);
            for (int i = random.nextInt(50); i > 0; i--) {
                happen(random);
            }
            follower.add(source);
            for (int step = 0; step < STEPS; step++) {
                follower.tick();
                switch (random.nextInt(20)) {
                    case 0 ->
                        nowNanos += Duration.ofMillis(random.nextInt(5_000)).toNanos();
                    case 1, 2, 3 -> answer(random, answerFails);
                    case 4 -> {
                        if (random.nextInt(20) == 0) {
                            replacePublisher(follower);
                        } else if (random.nextInt(10) == 0) {
                            happen(random);
                            follower.lose(source);
                        }
                    }
                    default -> publish(follower, happen(random), random.nextInt(15) == 0);
                }
                if (source.state() instanceof Recovering) {
                    assertThat(index.held(RANK)).isEmpty();
                }
            }
            settle(follower, random);
        }
    }

    private void settle(RankFollower follower, Random random) {
        publish(follower, happen(random), false);
        if (source.state() instanceof RankState.Cold) {
            assertThat(held).containsAll(index.held(RANK));
            happen(random);
            publish(follower, happen(random), false);
        }
        for (int i = 0; i < 20 && !(source.state() instanceof RankState.Live); i++) {
            nowNanos += Duration.ofMinutes(1).toNanos();
            follower.tick();
            answer(random, 0);
        }
        assertThat(source.state().word()).isEqualTo("live");
        publish(follower, happen(random), false);
        assertThat(index.held(RANK)).isEqualTo(held);
        for (int lostLast = random.nextInt(2 * RING_EVENTS) + 1; lostLast > 0; lostLast--) {
            happen(random);
        }
        for (int second = 0; second < 4; second++) {
            nowNanos += Duration.ofSeconds(1).toNanos();
            follower.tick();
            answer(random, 0);
        }
        assertThat(index.held(RANK)).isEqualTo(held);
    }

    /// The worker's cache changes; it logs the event.
    private RouterEvent happen(Random random) {
        long hash = random.nextInt(HASHES);
        KvCacheEvent change;
        if (random.nextInt(200) == 0) {
            held.clear();
            change = new KvCacheEvent.Cleared();
        } else if (held.remove(hash)) {
            change = new KvCacheEvent.Removed(new long[] {hash});
        } else {
            held.add(hash);
            change = stored(hash);
        }
        RouterEvent event = event(log.size() + 1L, change);
        log.add(event);
        return event;
    }

    private void publish(RankFollower follower, RouterEvent event, boolean lost) {
        if (!lost) {
            follower.accept(source, List.of(new DecodedEvent.Applicable(event)));
        }
    }

    private void answer(Random random, double failureShare) {
        for (FakeRecoveryClient.Question question : client.questions()) {
            if (!question.answer().isDone()) {
                if (random.nextDouble() >= failureShare) {
                    question.answer().complete(reply(question.startEventId()));
                } else if (random.nextBoolean()) {
                    question.answer().complete(new RecoveryReply.Refused("TreeDumpFailed"));
                } else {
                    question.answer().completeExceptionally(new IllegalStateException("expected by the test"));
                }
            }
        }
    }

    private RecoveryReply reply(OptionalLong startEventId) {
        long newest = log.size();
        if (startEventId.isPresent() && startEventId.getAsLong() > newest) {
            return new RecoveryReply.TooNew(newest);
        }
        if (startEventId.isPresent() && startEventId.getAsLong() > newest - RING_EVENTS) {
            return new RecoveryReply.Events(log.subList((int) startEventId.getAsLong() - 1, log.size()), newest);
        }
        return new RecoveryReply.TreeDump(
                held.stream().map(hash -> event(0, stored(hash))).toList(), newest);
    }

    private void replacePublisher(RankFollower follower) {
        follower.remove(source);
        assertThat(index.held(RANK)).isEmpty();
        publisherId++;
        log.clear();
        held.clear();
        source = new RankSource(publisher());
        follower.add(source);
    }

    private KvEventPublisher publisher() {
        return new KvEventPublisher(
                publisherId,
                RANK,
                "tcp://10.0.0.5:1",
                new RecoveryTarget("10.0.0.5:2/q" + publisherId, RecoveryTarget.Codec.MSGPACK));
    }

    private static KvCacheEvent stored(long hash) {
        return new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {hash}, new long[] {hash});
    }

    private static RouterEvent event(long eventId, KvCacheEvent change) {
        return new RouterEvent(RANK, StorageTier.DEVICE, eventId, change);
    }
}
