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
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is lost last shows all the same.
class TailChecksTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);
    private static final KvEventPublisher PUBLISHER = new KvEventPublisher(
            71, RANK, "tcp://10.0.0.5:1", new RecoveryTarget("10.0.0.5:2/q", RecoveryTarget.Codec.MSGPACK));
    private static final Duration SILENCE = TailChecks.Pace.DEFAULT.silence();
    private static final Duration PERIOD = TailChecks.Pace.DEFAULT.period();

    private final HoldingIndexer index = new HoldingIndexer();
    private final EppMetrics metrics = new EppMetrics();
    private final FakeRecoveryClient client = new FakeRecoveryClient();
    private long nowNanos = Long.MAX_VALUE - 1_000;
    private final RankFollower follower = new RankFollower(index, client, metrics, () -> nowNanos, Runnable::run);
    private final RankSource source = new RankSource(PUBLISHER);

    @BeforeEach
    void becomeLive() {
        follower.add(source);
        follower.tick();
        answer(new RecoveryReply.TreeDump(List.of(stored(1)), 1));
        live(2);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void aRankIsAskedOnceItIsSilentAndThenNowAndThen() {
        pass(SILENCE.minusMillis(1));
        assertThat(client.questions()).hasSize(1);
        pass(Duration.ofMillis(300));
        assertThat(client.last().startEventId()).hasValue(3);
        answer(new RecoveryReply.TooNew(2));

        pass(PERIOD.minusMillis(1));
        assertThat(client.questions()).hasSize(2);
        pass(Duration.ofMillis(300));
        assertThat(client.questions()).hasSize(3);
        assertThat(source.state().word()).isEqualTo("live");
    }

    @Test
    void aRankThatTellsEventsIsNotAsked() {
        for (int id = 3; id < 100; id++) {
            pass(Duration.ofMillis(500));
            live(id);
        }

        assertThat(client.questions()).hasSize(1);
    }

    @Test
    void whatWasMissedIsAddedAndLaterEventsFollowIt() {
        pass(SILENCE.plusMillis(300));
        answer(new RecoveryReply.Events(List.of(stored(3), stored(4)), 5));

        assertThat(index.held(RANK)).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
        live(6);
        assertThat(index.held(RANK)).contains(6L);
        assertThat(source.state().word()).isEqualTo("live");
        assertThat(metrics.scrape())
                .contains("kv_epp_kv_recoveries_total{outcome=\"caught_up\"} 1.0")
                .doesNotContain("outcome=\"gap\"");
    }

    @Test
    void moreThanTheWorkerRemembersIsReplacedByTheTree() {
        pass(SILENCE.plusMillis(300));
        answer(new RecoveryReply.TreeDump(List.of(stored(7)), 9));

        assertThat(index.held(RANK)).containsExactly(7L);
        live(10);
        assertThat(index.held(RANK)).containsExactlyInAnyOrder(7L, 10L);
    }

    @Test
    void anAnswerThatAnEventOvertookIsOfNoUse() {
        pass(SILENCE.plusMillis(300));
        live(3);
        answer(new RecoveryReply.Events(List.of(stored(3), stored(4)), 4));

        assertThat(index.held(RANK)).containsExactlyInAnyOrder(1L, 2L, 3L);
        pass(SILENCE.plusMillis(300));
        assertThat(client.last().startEventId()).hasValue(4);
    }

    @Test
    void answersThatDoNotFollowOrAreAboutOthersChangeNothing() {
        for (RecoveryReply useless : List.of(
                new RecoveryReply.Events(List.of(stored(2)), 3),
                new RecoveryReply.Events(List.of(stored(4), stored(3)), 4),
                new RecoveryReply.Events(List.of(stored(3)), 2),
                new RecoveryReply.TreeDump(List.of(stored(1)), 1),
                new RecoveryReply.Events(List.of(about(new WorkerWithDpRank(6, 0), 3)), 3),
                new RecoveryReply.Refused("Error"),
                new RecoveryReply.TooNew(1))) {
            pass(PERIOD.plusMillis(300));
            answer(useless);
            assertThat(index.held(RANK)).as("%s", useless).containsExactlyInAnyOrder(1L, 2L);
        }
        assertThat(client.questions()).hasSize(8);
    }

    @Test
    void aColdRankIsAskedForEverythingLater() {
        follower.lose(source);
        for (int attempt = 0; attempt < 8; attempt++) {
            follower.tick();
            answer(new RecoveryReply.Refused("Error"));
            nowNanos += attempt < 7 ? Duration.ofMinutes(1).toNanos() : 0;
        }
        assertThat(source.state().word()).isEqualTo("cold");
        live(3);
        pass(PERIOD.plusMillis(600));
        assertThat(client.last().startEventId()).isEqualTo(OptionalLong.empty());

        answer(new RecoveryReply.TreeDump(List.of(stored(1), stored(3)), 3));

        assertThat(source.state().word()).isEqualTo("live");
        assertThat(index.held(RANK)).containsExactlyInAnyOrder(1L, 3L);
    }

    @Test
    void aRankThatIsGoneIsNotAskedAndItsAnswerDoesNotCount() {
        pass(SILENCE.plusMillis(300));
        FakeRecoveryClient.Question open = client.last();

        follower.remove(source);

        assertThat(open.answer()).isCancelled();
        pass(PERIOD.multipliedBy(3));
        assertThat(client.questions()).hasSize(2);
        assertThat(index.held(RANK)).isEmpty();
    }

    @Test
    void whoDoesNotAnswerIsAskedAgain() {
        pass(SILENCE.plusMillis(300));
        FakeRecoveryClient.Question open = client.last();
        pass(TailChecks.Pace.DEFAULT.timeout().plusMillis(300));
        assertThat(open.answer()).isCancelled();

        pass(PERIOD.plusMillis(300));
        assertThat(client.questions()).hasSize(3);
    }

    /// Time goes by in small steps, as on the lane.
    private void pass(Duration time) {
        for (Duration left = time; left.isPositive(); left = left.minusMillis(100)) {
            nowNanos += Math.min(left.toNanos(), Duration.ofMillis(100).toNanos());
            follower.tick();
        }
    }

    private void live(long eventId) {
        follower.accept(source, List.of(new DecodedEvent.Applicable(stored(eventId))));
    }

    private void answer(RecoveryReply reply) {
        client.last().answer().complete(reply);
    }

    private static RouterEvent stored(long eventId) {
        return about(RANK, eventId);
    }

    private static RouterEvent about(WorkerWithDpRank rank, long eventId) {
        return new RouterEvent(
                rank,
                StorageTier.DEVICE,
                eventId,
                new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {eventId}, new long[] {eventId}));
    }
}
