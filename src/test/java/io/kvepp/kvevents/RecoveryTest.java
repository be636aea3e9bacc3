package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvevents.testing.FakeRecoveryClient;
import io.kvepp.kvevents.testing.RecordingIndexer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecoveryTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);
    private static final KvEventPublisher PUBLISHER = new KvEventPublisher(
            71, RANK, "tcp://10.0.0.5:1", new RecoveryTarget("10.0.0.5:2/q", RecoveryTarget.Codec.MSGPACK));

    private final RecordingIndexer index = new RecordingIndexer();
    private final EppMetrics metrics = new EppMetrics();
    private final FakeRecoveryClient client = new FakeRecoveryClient();
    private long nowNanos = Long.MAX_VALUE - 1_000;
    private final RankFollower follower = new RankFollower(index, client, metrics, () -> nowNanos, Runnable::run);
    private final RankSource source = new RankSource(PUBLISHER);

    @AfterEach
    void close() {
        metrics.close();
    }

    /// Steps: numbers are live events; `tree n` and `range a-b` answers, `toonew n`, `refused`,
    /// `broken` too; `lost` is an unknown loss, `clear n` a cleared event, `wait` a long pause.
    static Stream<Arguments> histories() {
        return Stream.of(
                history("a late start asks for the tree", "tree 3", "live", "? | remove tree3"),
                history("live events wait for it", "2 3 4 tree 3 5", "live", "? | remove tree3 #4 #5"),
                history("a whole history will do too", "range 1-2 3", "live", "? | remove #1 #2 #3"),
                history("part of a history will not", "range 2-3", "recovering", "? |"),
                history("a worker that holds nothing", "tree 0 1 2", "live", "? | remove tree0 #1 #2"),
                history(
                        "a gap drops and asks for the tree",
                        "tree 3 6 tree 6",
                        "live",
                        "? ? | remove tree3 remove remove tree6"),
                history("a hole is filled by the range", "6 tree 3 range 4-6", "live", "? 4 | remove tree3 #4 #5 #6"),
                history("or by the tree", "6 tree 3 tree 6", "live", "? 4 | remove tree6"),
                history(
                        "else everything is asked again",
                        "6 tree 3 refused wait tree 7",
                        "live",
                        "? 4 ? | remove tree7"),
                history(
                        "an answer that brings nothing new",
                        "6 tree 3 toonew 3 wait tree 6",
                        "live",
                        "? 4 ? | remove tree6"),
                history("a loss meanwhile asks again", "lost tree 3 range 4-5", "live", "? 4 | remove tree3 #4 #5"),
                history("and nothing new is an answer then", "lost tree 3 toonew 3 4", "live", "? 4 | remove tree3 #4"),
                history("refused, then answered", "refused wait tree 2", "live", "? ? | remove tree2"),
                history("broken, then answered", "broken wait tree 2", "live", "? ? | remove tree2"),
                history("no answer, then answered", "wait wait tree 2", "live", "? ? | remove tree2"),
                history("cleared supersedes", "4 clear 5 6", "live", "? | remove cleared#5 #6"),
                history("counting from one again supersedes", "4 1 2", "live", "? | remove #1 #2"),
                history(
                        "a gap that ends in cleared",
                        "tree 3 clear 9 10",
                        "live",
                        "? | remove tree3 remove cleared#9 #10"),
                history("stale events are dropped", "tree 3 2 3 4", "live", "? | remove tree3 #4"),
                history(
                        "an unknown loss",
                        "tree 3 lost tree 4 5",
                        "live",
                        "? ? | remove tree3 remove remove tree4 #5"));
    }

    private static Arguments history(String rule, String steps, String state, String expected) {
        return Arguments.of(rule, steps, state, expected);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("histories")
    void whatIsAskedAndWrittenInEveryHistory(String rule, String steps, String state, String expected) {
        follower.add(source);
        follower.tick();
        List<String> words = List.of(steps.split(" ", -1));
        for (int i = 0; i < words.size(); i++) {
            switch (words.get(i)) {
                case "tree" -> answer(tree(Long.parseLong(words.get(++i))));
                case "range" -> answer(range(words.get(++i)));
                case "toonew" -> answer(new RecoveryReply.TooNew(Long.parseLong(words.get(++i))));
                case "refused" -> answer(new RecoveryReply.Refused("Error"));
                case "broken" -> client.last().answer().completeExceptionally(new IllegalStateException("broken"));
                case "lost" -> follower.lose(source);
                case "clear" ->
                    live(new RouterEvent(
                            RANK, StorageTier.DEVICE, Long.parseLong(words.get(++i)), new KvCacheEvent.Cleared()));
                case "wait" -> nowNanos += Duration.ofSeconds(30).toNanos();
                default -> live(stored(Long.parseLong(words.get(i))));
            }
            follower.tick();
        }

        assertThat(asked() + " | " + written()).as(rule).isEqualTo(expected.endsWith("|") ? expected + " " : expected);
        assertThat(source.state().word()).isEqualTo(state);
        assertThat(source.started()).isEqualTo(!state.equals("recovering"));
    }

    @Test
    void eightFailuresWithDoublingPausesLeaveTheRankColdWithTheEventsAfterTheLastHole() {
        follower.add(source);
        follower.tick();
        live(stored(3));
        live(stored(7));
        live(stored(8));
        for (int attempt = 1; attempt <= 8; attempt++) {
            assertThat(client.questions()).hasSize(attempt);
            answer(new RecoveryReply.Refused("Error"));
            if (attempt == 8) {
                break;
            }
            nowNanos += Duration.ofMillis(200).toNanos() * (1L << (attempt - 1)) - 1;
            follower.tick();
            assertThat(client.questions()).hasSize(attempt);
            nowNanos += 1;
            follower.tick();
        }
        live(stored(9));

        assertThat(client.questions()).hasSize(8);
        assertThat(written()).isEqualTo("#7 #8 #9");
        assertThat(source.state().word()).isEqualTo("cold");
        assertThat(source.started()).isTrue();
        assertThat(metrics.scrape()).contains("kv_epp_kv_recoveries_total{outcome=\"failed\"} 1.0");
    }

    @Test
    void moreEventsThanMayWaitAreDroppedAndAskedFor() {
        follower.add(source);
        follower.tick();
        LongStream.rangeClosed(1, Recovering.BUFFERED_EVENTS_MAX + 1).forEach(id -> live(stored(id)));
        answer(tree(0));

        assertThat(asked()).isEqualTo("? 1");
        assertThat(written()).isEmpty();
        answer(tree(2_000));
        assertThat(written()).isEqualTo("remove tree2000");
    }

    @Test
    void anAnswerForARankThatIsGoneIsNotWritten() {
        follower.add(source);
        follower.tick();
        follower.remove(source);

        assertThat(client.last().answer()).isCancelled();
        follower.tick();
        assertThat(asked()).isEqualTo("?");
        assertThat(written()).isEqualTo("remove");
    }

    @Test
    void anAnswerThatIsOverdueIsCancelledAndItsSuccessorCounts() {
        follower.add(source);
        follower.tick();
        FakeRecoveryClient.Question first = client.last();
        nowNanos += Duration.ofSeconds(30).toNanos();
        follower.tick();

        assertThat(first.answer()).isCancelled();
        nowNanos += Duration.ofMillis(200).toNanos();
        follower.tick();
        answer(tree(4));
        assertThat(written()).isEqualTo("remove tree4");
    }

    @Test
    void aQuestionThatGotLostAtAStartingWorkerIsAskedAgainWithinThreeSeconds() {
        follower.add(source);
        for (long end = nowNanos + Duration.ofSeconds(3).toNanos(); nowNanos - end < 0; nowNanos += 100_000_000) {
            follower.tick();
        }

        assertThat(client.questions()).hasSize(2);
        answer(tree(4));
        assertThat(source.state().word()).isEqualTo("live");
    }

    @Test
    void eachAttemptIsGivenTwiceTheTimeUpToThirtySeconds() {
        assertThat(LongStream.range(0, RecoveryLimits.DEFAULT.attemptsMax())
                        .map(made ->
                                RecoveryLimits.DEFAULT.timeoutAfter((int) made).toSeconds()))
                .containsExactly(2L, 4L, 8L, 16L, 30L, 30L, 30L, 30L);
    }

    @Test
    void anAnswerAboutAnotherRankIsRefused() {
        follower.add(source);
        follower.tick();
        RouterEvent foreign = new RouterEvent(
                new WorkerWithDpRank(5, 1), StorageTier.DEVICE, 1, stored(1).event());
        answer(new RecoveryReply.TreeDump(List.of(foreign), 1));

        assertThat(written()).isEmpty();
        assertThat(source.state().word()).isEqualTo("recovering");
    }

    @Test
    void atMostSixteenRanksAreAskedAtATime() {
        for (int rank = 0; rank < 40; rank++) {
            follower.add(new RankSource(new KvEventPublisher(
                    rank, new WorkerWithDpRank(9, rank), "tcp://10.0.0.5:1", PUBLISHER.recoveryTarget())));
        }
        follower.tick();
        assertThat(client.questions()).hasSize(16);
        client.questions().getFirst().answer().complete(new RecoveryReply.TreeDump(List.of(), 0));
        follower.tick();
        assertThat(client.questions()).hasSize(17);
    }

    private void answer(RecoveryReply reply) {
        client.last().answer().complete(reply);
    }

    private void live(RouterEvent event) {
        follower.accept(source, List.of(new DecodedEvent.Applicable(event)));
    }

    private String asked() {
        return String.join(
                " ",
                client.questions().stream()
                        .map(FakeRecoveryClient.Question::startEventId)
                        .map(start -> start.equals(OptionalLong.empty()) ? "?" : "" + start.getAsLong())
                        .toList());
    }

    /// Events of a dump carry the number 0 and are told by the hash they store.
    private String written() {
        List<String> words = new ArrayList<>();
        int event = 0;
        for (String call : index.calls()) {
            if (call.startsWith("remove")) {
                words.add("remove");
                continue;
            }
            RouterEvent applied = index.events().get(event++);
            words.add(
                    switch (applied.event()) {
                        case KvCacheEvent.Cleared() -> "cleared#" + applied.eventId();
                        case KvCacheEvent.Stored stored when applied.eventId() == 0 -> "tree" + stored.blockHashes()[0];
                        case KvCacheEvent.Stored _ -> "#" + applied.eventId();
                        case KvCacheEvent.Removed _ -> throw new AssertionError(applied);
                    });
        }
        return String.join(" ", words);
    }

    private static RecoveryReply tree(long lastEventId) {
        KvCacheEvent all =
                new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {lastEventId}, new long[] {lastEventId});
        return new RecoveryReply.TreeDump(List.of(new RouterEvent(RANK, StorageTier.DEVICE, 0, all)), lastEventId);
    }

    private static RecoveryReply range(String text) {
        long from = Long.parseLong(text.substring(0, text.indexOf('-')));
        long to = Long.parseLong(text.substring(text.indexOf('-') + 1));
        return new RecoveryReply.Events(
                LongStream.rangeClosed(from, to).mapToObj(RecoveryTest::stored).toList(), to);
    }

    private static RouterEvent stored(long eventId) {
        return new RouterEvent(
                RANK,
                StorageTier.DEVICE,
                eventId,
                new KvCacheEvent.Stored(OptionalLong.empty(), new long[] {eventId}, new long[] {eventId}));
    }
}
