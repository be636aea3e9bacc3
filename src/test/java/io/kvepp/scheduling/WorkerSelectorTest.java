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
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Costs are worked out by hand from the formula in [CostFunction].
class WorkerSelectorTest {
    private static final int BLOCK = 16;

    private final ActiveSequences active = Books.empty();
    private final List<RankSlot> three = List.of(rank(0), rank(1), rank(2));

    @ParameterizedTest(name = "{0}: device {1}, prefill {2}, blocks {3} -> {4}")
    @CsvSource({
        // 160 tokens = 10 blocks; raw prefill = (prefill + 160) / 16; blocks = active + 10
        "AGGREGATED, 0, 0, 0, 20",
        "AGGREGATED, 4, 0, 0, 16",
        "AGGREGATED, 10, 0, 0, 10",
        "AGGREGATED, 0, 32, 5, 27",
        "AGGREGATED, 10, 32, 0, 12",
        "PREFILL, 4, 32, 5, 8",
        "DECODE, 10, 320, 7, 17",
    })
    void costsAreThoseOfTheFormula(Role role, int device, int prefillTokens, int blocks, double cost) {
        active.book(0, BookedLoad.prefill(prefillTokens));
        active.book(0, BookedLoad.blocks(blocks));

        Selection selection = selector().select(List.of(rank(0)), request(device), role.rules);

        assertThat(selection.keys()).containsExactly(new double[] {cost}, within(1e-9));
    }

    @Test
    void blocksOfLiveRequestsThatTheRequestSharesAreFree() {
        SchedulingRequest request = request(0);
        active.book(0, new BookedLoad(0, request.hashes().sequence(), 0));

        Selection selection = selector().select(List.of(rank(0)), request, SchedulingConfig.DEFAULT);

        assertThat(selection.keys()).containsExactly(new double[] {20}, within(1e-9));
    }

    @Test
    void lowerTiersCountByTheirWeight() {
        SchedulingRequest request =
                new SchedulingRequest(160, hashes(), new OverlapScores(new int[] {2}, new int[] {4}, new int[] {4}));

        Selection selection = selector().select(List.of(rank(0)), request, Role.PREFILL.rules);

        // credit 2 + 0.75 * 4 + 0.25 * 4 = 6 of 10 blocks
        assertThat(selection.keys()).containsExactly(new double[] {4}, within(1e-9));
        assertThat(selection.cachedTokens()).isEqualTo(96);
    }

    @Test
    void theCheapestWinsAndEqualOnesHaveEqualChances() {
        int[] wins = new int[3];
        WorkerSelector selector = selector();
        SchedulingRequest request =
                new SchedulingRequest(160, hashes(), new OverlapScores(new int[] {3, 5, 5}, new int[0], new int[0]));
        for (int i = 0; i < 10_000; i++) {
            wins[selector.select(three, request, Role.PREFILL.rules).chosen().slot()]++;
        }

        assertThat(wins[0]).isZero();
        assertThat(wins[1]).isBetween(4800, 5200);
    }

    @Test
    void aTemperatureSpreadsPicksBySoftmaxOverTheSpread() {
        int[] wins = new int[3];
        WorkerSelector selector = selector();
        SchedulingConfig rules = new SchedulingConfig(1, 0, 1, 0, 0.75, 0.25, 1.0, true, false, true);
        SchedulingRequest request =
                new SchedulingRequest(160, hashes(), new OverlapScores(new int[] {0, 5, 10}, new int[0], new int[0]));
        for (int i = 0; i < 20_000; i++) {
            wins[selector.select(three, request, rules).chosen().slot()]++;
        }

        double sum = 1 + Math.exp(-0.5) + Math.exp(-1);
        assertThat(wins[2] / 20_000.0).isCloseTo(1 / sum, within(0.02));
        assertThat(wins[0] / 20_000.0).isCloseTo(Math.exp(-1) / sum, within(0.02));
    }

    @Test
    void creditFadesOnWorkersBusierThanTheIdlest() {
        active.book(1, BookedLoad.prefill(160));
        WorkerSelector selector = selector();
        SchedulingConfig rules = new SchedulingConfig(1, 1, 1, 0, 0.75, 0.25, 0, true, false, true);
        SchedulingRequest request =
                new SchedulingRequest(160, hashes(), new OverlapScores(new int[] {0, 10, 0}, new int[0], new int[0]));

        // excess 10 blocks over 10 request blocks: decay 1/2, credit 5 of raw 20
        assertThat(selector.select(three, request, rules).keys())
                .containsExactly(new double[] {10, 15, 10}, within(1e-9));
    }

    @Test
    void anIncompleteLastBlockCostsPrefillButIsNoBlockInUse() {
        SchedulingRequest request = new SchedulingRequest(165, hashes(), OverlapScores.NONE);

        Selection selection = selector().select(List.of(rank(0)), request, SchedulingConfig.DEFAULT);

        assertThat(selection.keys()).containsExactly(new double[] {165 / 16.0 + 10}, within(1e-9));
    }

    @Test
    void aPromptNobodyReadCountsWithItsEstimatedBlocks() {
        SchedulingRequest request = SchedulingRequest.unread(165, BLOCK);

        Selection selection = selector().select(List.of(rank(0)), request, SchedulingConfig.DEFAULT);

        assertThat(selection.keys()).containsExactly(new double[] {165 / 16.0 + 10}, within(1e-9));
    }

    @Test
    void withoutReuseEveryBlockOfTheRequestIsNew() {
        SchedulingRequest request = request(0);
        active.book(0, new BookedLoad(0, request.hashes().sequence(), 0));
        SchedulingConfig rules = new SchedulingConfig(1, 0, 1, 0, 0.75, 0.25, 0, true, true, false);

        Selection selection = selector().select(List.of(rank(0)), request, rules);

        assertThat(selection.keys()).containsExactly(new double[] {30}, within(1e-9));
    }

    private WorkerSelector selector() {
        return new WorkerSelector(active, new Random(5));
    }

    enum Role {
        AGGREGATED(SchedulingConfig.DEFAULT),
        PREFILL(SchedulingConfig.DEFAULT.forPrefill()),
        DECODE(SchedulingConfig.DEFAULT.forDecode());

        private final SchedulingConfig rules;

        Role(SchedulingConfig rules) {
            this.rules = rules;
        }
    }

    private static SchedulingRequest request(int deviceBlocks) {
        OverlapScores overlaps = new OverlapScores(new int[] {deviceBlocks}, new int[0], new int[0]);
        return new SchedulingRequest(160, hashes(), overlaps);
    }

    private static BlockHashes hashes() {
        long[] ten = new Random(3).longs(10).toArray();
        return new BlockHashes(ten, ten, BLOCK);
    }

    private static RankSlot rank(int slot) {
        return new RankSlot(new WorkerWithDpRank(100 + slot, 0), slot);
    }
}
