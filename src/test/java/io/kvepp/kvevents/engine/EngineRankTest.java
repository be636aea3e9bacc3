package io.kvepp.kvevents.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvevents.RankStatus;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An engine here stores a chain of blocks, one a message: block `n` in message `n`.
class EngineRankTest {
    private static final WorkerWithDpRank WORKER = new WorkerWithDpRank(7, 0);
    private static final int RING = 40;

    private final EppMetrics metrics = new EppMetrics();
    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private final List<Question> questions = new ArrayList<>();
    private final EngineRank rank = rank("tcp://127.0.0.1:2");
    private Engine engine = new Engine(0);

    private record Question(long number, long from, Duration pause) {}

    /// An engine process; `salt` makes its blocks differ from those of others.
    private static final class Engine {
        private final int salt;
        private final List<byte[]> messages = new ArrayList<>();

        Engine(int salt) {
            this.salt = salt;
        }

        byte[] publish() {
            int number = messages.size();
            List<Integer> ids = ids(number, number + 1);
            byte[] message = EngineMessages.batch(EngineMessages.stored(
                    List.of((long) salt * 1_000_000 + number),
                    number == 0 ? Nil.NIL : (Object) ((long) salt * 1_000_000 + number - 1),
                    ids,
                    Map.of()));
            messages.add(message);
            return message;
        }

        List<Integer> ids(int fromBlock, int toBlock) {
            return IntStream.range(4 * fromBlock, 4 * toBlock)
                    .map(i -> salt * 100_000 + i)
                    .boxed()
                    .toList();
        }

        /// The first message it still has.
        int oldest() {
            return Math.max(0, messages.size() - RING);
        }
    }

    {
        assertThat(slots.assign(WORKER)).isNotEqualTo(WorkerSlots.NONE);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void anEngineThatWasThereBeforeIsAskedFromTheStart() {
        engine.publish();
        engine.publish();
        rank.connected();
        assertThat(status()).isEqualTo("recovering");
        rank.message(2, engine.publish());

        answer(0, 2);

        assertThat(held()).isEqualTo(3);
        assertThat(status()).isEqualTo("live");
        assertThat(rank.started()).isTrue();
    }

    @Test
    void anEngineThatHasSaidNothingIsWhole() {
        rank.connected();
        answer(0, 0);

        assertThat(status()).isEqualTo("live");
        rank.message(0, engine.publish());
        assertThat(held()).isEqualTo(1);
    }

    @Test
    void whatWasMissedIsAskedFromTheLastOneKnown() {
        begin(3);
        engine.publish();
        rank.message(4, engine.publish());

        assertThat(questions.getLast().from()).isEqualTo(2);
        answer(2, 5);
        assertThat(held()).isEqualTo(5);
        assertThat(status()).isEqualTo("live");
    }

    @Test
    void aSequenceThatGoesBackwardsIsANewProcess() {
        begin(3);
        Engine old = engine;
        engine = new Engine(1);
        rank.message(0, engine.publish());

        assertThat(held()).isEqualTo(1);
        assertThat(heldOf(old, 3)).isZero();
        assertThat(status()).isEqualTo("live");

        engine = new Engine(2);
        engine.publish();
        rank.message(0, engine.messages.getFirst());
        assertThat(held()).isEqualTo(1);
    }

    @Test
    void anEngineThatRestartedMidwayIsAskedFromTheStart() {
        begin(5);
        engine = new Engine(1);
        engine.publish();
        engine.publish();
        rank.message(2, engine.publish());
        assertThat(questions.getLast().from()).isZero();

        answer(0, 3);

        assertThat(held()).isEqualTo(3);
        assertThat(status()).isEqualTo("live");
    }

    @Test
    void aProcessThatIsFurtherThanTheOldOneIsFoundOutByWhatItRepeats() {
        begin(3);
        Engine old = engine;
        engine = new Engine(1);
        IntStream.range(0, 6).forEach(_ -> engine.publish());
        rank.connected();
        answer(2, 6);

        assertThat(heldOf(old, 3)).isZero();
        assertThat(questions.getLast().from()).isZero();
        answer(0, 6);
        assertThat(held()).isEqualTo(6);
        assertThat(status()).isEqualTo("live");
    }

    @Test
    void whatTheEngineHasForgottenMakesTheRankCold() {
        begin(1);
        IntStream.range(0, RING + 5).forEach(_ -> engine.publish());
        rank.message(engine.messages.size() - 1, engine.messages.getLast());
        answerAsked();
        answerAsked();

        // Nothing of the chain's start is known, so nothing of the rest can be reached.
        assertThat(held()).isZero();
        assertThat(status()).isEqualTo("cold");
    }

    @Test
    void withoutAReplayAddressLossMakesTheRankCold() {
        EngineRank alone = rank(null);
        alone.connected();
        assertThat(alone.started()).isTrue();
        alone.message(0, engine.publish());
        alone.message(1, engine.publish());
        assertThat(alone.status(true).state()).isEqualTo("live");
        engine.publish();
        alone.message(3, engine.publish());

        assertThat(questions).isEmpty();
        assertThat(held()).isZero();
        RankStatus status = alone.status(true);
        assertThat(status.state()).isEqualTo("cold");
        assertThat(status.coldStarts()).isEqualTo(1);
    }

    @Test
    void anEngineThatDoesNotAnswerIsAskedAgainWithGrowingPausesThenFollowedCold() {
        engine.publish();
        rank.connected();
        rank.message(1, engine.publish());
        for (int i = 0; i < 9; i++) {
            rank.replayEnd(questions.getLast().number(), false);
        }

        assertThat(questions).hasSize(9);
        assertThat(questions.get(1).pause()).isEqualTo(Duration.ofMillis(200));
        assertThat(questions.get(8).pause()).isEqualTo(Duration.ofMillis(200 << 7));
        assertThat(status()).isEqualTo("cold");
        assertThat(rank.started()).isTrue();
        assertThat(rank.status(true).lastEventId()).isEqualTo(1);
    }

    @Test
    void aMalformedMessageMakesTheRankColdAndIsCounted() {
        begin(3);
        rank.message(3, new byte[] {1});

        assertThat(held()).isZero();
        assertThat(status()).isEqualTo("cold");
        assertThat(metrics.scrape()).contains("kv_epp_kv_events_total{outcome=\"malformed\"} 1.0");
    }

    @Test
    void aRankThatLeavesHoldsNothing() {
        begin(3);
        rank.remove();

        assertThat(held()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverIsLostAndHoweverOftenItRestartsTheIndexEndsAsTheEngine(long seed) {
        Random random = new Random(seed);
        rank.connected();
        int processes = 0;
        for (int step = 0; step < 3_000; step++) {
            switch (random.nextInt(20)) {
                case 0 -> {
                    engine = new Engine(++processes);
                    rank.connected();
                }
                case 1 -> rank.connected();
                case 2, 3, 4, 5 -> engine.publish();
                case 6, 7 -> answerAsked();
                case 8 -> rank.replayEnd(questions.getLast().number(), false);
                default -> {
                    byte[] message = engine.publish();
                    rank.message(engine.messages.size() - 1, message);
                }
            }
            if (engine.messages.size() >= RING) {
                engine = new Engine(++processes);
                rank.connected();
            }
            assertThat(held()).as("never more than the engine holds").isLessThanOrEqualTo(engine.messages.size());
        }
        rank.connected();
        while (status().equals("recovering")) {
            answerAsked();
        }
        assertThat(held()).isEqualTo(engine.messages.size());
    }

    private void begin(int messages) {
        rank.connected();
        answer(0, 0);
        for (int i = 0; i < messages; i++) {
            rank.message(i, engine.publish());
        }
        assertThat(held()).isEqualTo(messages);
    }

    /// Answers the last question with what the engine has.
    private void answerAsked() {
        answer((int) questions.getLast().from(), engine.messages.size());
    }

    private void answer(int from, int to) {
        long number = questions.getLast().number();
        for (int i = Math.max(from, engine.oldest()); i < to; i++) {
            rank.replayed(number, i, engine.messages.get(i));
        }
        rank.replayEnd(number, true);
    }

    private String status() {
        return rank.status(true).state();
    }

    private int held() {
        return heldOf(engine, Math.max(1, engine.messages.size()));
    }

    private int heldOf(Engine process, int blocks) {
        BlockHashes prompt = new BlockHasher(4, null, null, false)
                .hash(process.ids(0, blocks).stream()
                        .mapToInt(Integer::intValue)
                        .toArray());
        return index.findMatches(prompt).device(slots.slotOf(WORKER));
    }

    private EngineRank rank(@Nullable String replayAddress) {
        return new EngineRank(
                new EngineEvents(WORKER, EngineKind.VLLM, "tcp://127.0.0.1:1", replayAddress, 4),
                index,
                metrics,
                (_, from, pause) -> {
                    questions.add(new Question(questions.size(), from, pause));
                    return questions.size() - 1L;
                });
    }
}
