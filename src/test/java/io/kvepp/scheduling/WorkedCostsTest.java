package io.kvepp.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.BookedLoad;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.WorkerRole;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// The costs that Dynamo 1.6.1's own tests and pages work out.
class WorkedCostsTest {
    private static final int BLOCK = 16;
    private static final RankSlot RANK = new RankSlot(new WorkerWithDpRank(1, 0), 0);

    private final ActiveSequences active = Books.empty();

    /// A prompt of 64 tokens, blocks of 16, 96 cached tokens, 16 active ones, 2 blocks in use and 3 to
    /// come, scale 2.
    @Test
    void moreCachedThanThePromptHasIsWorthNoMoreThanThePrompt() {
        active.book(0, BookedLoad.prefill(16));
        active.book(0, BookedLoad.blocks(2));

        // raw prefill 16 + 0 + 96 tokens = 7 blocks, less 6 of credit, twice
        assertThat(cost(request(64, 3, 6), rules(1, 2, 0, true))).isEqualTo(7.0);
        assertThat(cost(request(64, 3, 6), rules(1, 2, 0, false))).isEqualTo(5.0);
    }

    @Test
    void eachRequestUnderWayCostsItsWeight() {
        for (int i = 0; i < 4; i++) {
            active.book(0, BookedLoad.blocks(24));
        }

        // 96 blocks in use and 4 to come, 4 requests at 32
        assertThat(cost(request(64, 4, 0), rules(1, 0, 32, true))).isEqualTo(100 + 4 * 32);
    }

    /// Decode workers whose credit was left in place: blocks in use less those cached.
    @Test
    void cachedBlocksOffsetTheLoadOfDecodeWorkersThatKeepTheirCredit() {
        active.book(0, BookedLoad.blocks(6));

        assertThat(cost(request(64, 4, 3), decodeRules(1))).isEqualTo(10 - 3);
        assertThat(cost(request(64, 4, 3), decodeRules(5))).as("never below 0").isZero();
        assertThat(cost(request(64, 4, 3), decodeRules(0))).isEqualTo(10);
    }

    /// The example of the documentation: 10 blocks to compute of which 5 are cached, 5 in use, beats
    /// the workers that come to 18 and 11.
    @Test
    void theDocumentedExample() {
        List<RankSlot> ranks =
                List.of(RANK, new RankSlot(new WorkerWithDpRank(2, 0), 1), new RankSlot(new WorkerWithDpRank(3, 0), 2));
        active.book(0, BookedLoad.blocks(5));
        active.book(1, BookedLoad.blocks(10));
        active.book(2, BookedLoad.blocks(9));
        OverlapScores overlaps = new OverlapScores(new int[] {5, 2, 8}, new int[0], new int[0]);
        SchedulingConfig rules = new SchedulingConfig(1, 0, 1, 0, 0.75, 0.25, 0, true, true, true);
        SchedulingRequest request = new SchedulingRequest(160, BlockHashes.none(BLOCK), overlaps);
        synchronized (active) {
            Selection selection = new WorkerSelector(active, new Random(1)).select(ranks, request, rules);

            // Each costs 10 more here: the request's own blocks count too, the same for everybody.
            assertThat(selection.keys()).containsExactly(new double[] {10 + 10, 18 + 10, 11 + 10}, within(1e-9));
            assertThat(selection.chosen()).isEqualTo(RANK);
        }
    }

    @Test
    void theFormulaOfTheTemperatureIsThatOfThePage() {
        // costs 10, 15 and 20 at temperature 0.5: weights 1, 1/e and 1/e^2
        double[] expected = {1, Math.exp(-1), Math.exp(-2)};
        double sum = expected[0] + expected[1] + expected[2];
        int[] wins = new int[3];
        List<RankSlot> ranks =
                List.of(RANK, new RankSlot(new WorkerWithDpRank(2, 0), 1), new RankSlot(new WorkerWithDpRank(3, 0), 2));
        active.book(1, BookedLoad.blocks(5));
        active.book(2, BookedLoad.blocks(10));
        SchedulingConfig rules = new SchedulingConfig(1, 0, 0, 0, 0.75, 0.25, 0.5, true, true, true);
        WorkerSelector selector = new WorkerSelector(active, new Random(2));
        SchedulingRequest request = new SchedulingRequest(160, BlockHashes.none(BLOCK), OverlapScores.NONE);
        synchronized (active) {
            for (int i = 0; i < 40_000; i++) {
                wins[selector.select(ranks, request, rules).chosen().slot()]++;
            }
        }

        for (int i = 0; i < 3; i++) {
            assertThat(wins[i] / 40_000.0).isCloseTo(expected[i] / sum, within(0.01));
        }
    }

    private double cost(SchedulingRequest request, SchedulingConfig rules) {
        synchronized (active) {
            return new WorkerSelector(active, new Random(1))
                    .select(List.of(RANK), request, rules)
                    .winner()
                    .key();
        }
    }

    /// `newBlocks` complete blocks are hashed, whatever the tokens.
    private static SchedulingRequest request(int promptTokens, int newBlocks, int cachedBlocks) {
        long[] hashes = LongStream.rangeClosed(1, newBlocks).toArray();
        return new SchedulingRequest(
                promptTokens,
                new BlockHashes(hashes, hashes, BLOCK),
                new OverlapScores(new int[] {cachedBlocks}, new int[0], new int[0]));
    }

    private static SchedulingConfig rules(double credit, double scale, double requestWeight, boolean trackPrefill) {
        return new SchedulingConfig(credit, 0, scale, requestWeight, 0.75, 0.25, 0, trackPrefill, true, true);
    }

    private static SchedulingConfig decodeRules(double credit) {
        return new SchedulingConfig(
                credit, 0, 1, 0, 0.75, 0.25, 0, false, true, false, RouterMode.KV, RouterMode.KV, WorkerRole.DECODE);
    }
}
