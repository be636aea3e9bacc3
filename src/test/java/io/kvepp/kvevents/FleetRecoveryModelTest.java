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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two thousand workers that appear at once, each with a log of its own, and a clock that jumps.
class FleetRecoveryModelTest {
    private static final int WORKERS = 2_000;
    private static final int HASHES = 12;
    private static final int ASKED_MAX = RecoveryLimits.DEFAULT.askedMax() + TailChecks.Pace.DEFAULT.askedMax();
    private static final Duration JUMP = Duration.ofDays(3);

    private final HoldingIndexer index = new HoldingIndexer();
    private final FakeRecoveryClient client = new FakeRecoveryClient();
    private final Map<WorkerWithDpRank, Rank> ranks = new HashMap<>();
    private long nowNanos = Long.MAX_VALUE - JUMP.toNanos(); // wraps around, as a clock of any origin may
    private int answered;

    /// What one worker holds, and how it came to that.
    private static final class Rank {
        private final RankSource source;
        private final Set<Long> held = new TreeSet<>();
        private long lastEventId;

        private Rank(RankSource source) {
            this.source = source;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void afterTheyAllAppearedAtOnceAndTheClockJumpedTheIndexHoldsWhatTheyHold(long seed) {
        Random random = new Random(seed);
        try (EppMetrics metrics = new EppMetrics()) {
            RankFollower follower = new RankFollower(index, client, metrics, () -> nowNanos, Runnable::run);
            for (int worker = 1; worker <= WORKERS; worker++) {
                Rank rank = new Rank(new RankSource(publisher(worker)));
                ranks.put(rank.source.worker(), rank);
                for (int events = random.nextInt(20); events > 0; events--) {
                    happen(rank, random);
                }
                follower.add(rank.source);
            }
            List<Rank> all = new ArrayList<>(ranks.values());
            for (int round = 0; !allLive() && round < 2_000; round++) {
                follower.tick();
                assertThat(unanswered()).isLessThanOrEqualTo(ASKED_MAX);
                Rank busy = all.get(random.nextInt(WORKERS));
                follower.accept(busy.source, List.of(new DecodedEvent.Applicable(happen(busy, random))));
                answerSome(random);
                nowNanos += round % 100 == 50
                        ? JUMP.toNanos()
                        : Duration.ofMillis(random.nextInt(300)).toNanos();
            }

            assertThat(allLive()).isTrue();
            ranks.forEach((worker, rank) ->
                    assertThat(index.held(worker)).as("%s", worker).isEqualTo(rank.held));
        }
    }

    private boolean allLive() {
        return ranks.values().stream().allMatch(rank -> rank.source.state() instanceof RankState.Live);
    }

    private long unanswered() {
        return client.questions().stream()
                .skip(answered)
                .filter(question -> !question.answer().isDone())
                .count();
    }

    private void answerSome(Random random) {
        List<FakeRecoveryClient.Question> questions = client.questions();
        boolean allBefore = true;
        for (int i = answered; i < questions.size(); i++) {
            FakeRecoveryClient.Question question = questions.get(i);
            if (random.nextInt(8) != 0) {
                question.answer().complete(reply(ranks.get(question.publisher().worker())));
            }
            allBefore &= question.answer().isDone();
            answered += allBefore ? 1 : 0;
        }
    }

    private static RecoveryReply reply(Rank rank) {
        List<RouterEvent> tree =
                rank.held.stream().map(hash -> event(rank, 0, stored(hash))).toList();
        return new RecoveryReply.TreeDump(tree, rank.lastEventId);
    }

    private static RouterEvent happen(Rank rank, Random random) {
        long hash = random.nextInt(HASHES);
        rank.lastEventId++;
        if (rank.held.remove(hash)) {
            return event(rank, rank.lastEventId, new KvCacheEvent.Removed(new long[] {hash}));
        }
        rank.held.add(hash);
        return event(rank, rank.lastEventId, stored(hash));
    }

    private static KvCacheEvent stored(long hash) {
        return new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {hash}, new long[] {hash});
    }

    private static RouterEvent event(Rank rank, long eventId, KvCacheEvent change) {
        return new RouterEvent(rank.source.worker(), StorageTier.DEVICE, eventId, change);
    }

    private static KvEventPublisher publisher(long worker) {
        return new KvEventPublisher(
                10_000 + worker,
                new WorkerWithDpRank(worker, 0),
                "tcp://10.0.0.5:1",
                new RecoveryTarget("10.0.0.5:2/q" + worker, RecoveryTarget.Codec.MSGPACK));
    }
}
