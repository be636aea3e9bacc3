package io.kvepp.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutingConstraintsTest {
    private static final RankSlot PLAIN = new RankSlot(new WorkerWithDpRank(1, 0), 0);
    private static final RankSlot RED = new RankSlot(new WorkerWithDpRank(2, 0), 1, Set.of("red"));
    private static final RankSlot BOTH = new RankSlot(new WorkerWithDpRank(3, 0), 2, Set.of("red", "big"));
    private static final List<RankSlot> ALL = List.of(PLAIN, RED, BOTH);

    @Test
    void everyRequiredTaintIsNeeded() {
        assertThat(require("red").eligible(ALL)).containsExactly(RED, BOTH);
        assertThat(require("red", "big").eligible(ALL)).containsExactly(BOTH);
        assertThat(require("blue").eligible(ALL)).isEmpty();
        assertThat(RoutingConstraints.NONE.eligible(ALL)).isSameAs(ALL);
    }

    @Test
    void onlyAllowedWorkersAreEligible() {
        assertThat(new RoutingConstraints(Set.of(1L, 3L, 9L), Set.of(), Map.of()).eligible(ALL))
                .containsExactly(PLAIN, BOTH);
        assertThat(new RoutingConstraints(Set.of(1L, 2L), Set.of("big"), Map.of()).eligible(ALL))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 1.000000", "1, 0.466921", "-1, 2.141688", "100, 0.367879", "-100, 2.718282", "0.5, 0.629949"})
    void aPreferenceMultipliesByExpOfMinusTanhOfItsWeight(float weight, double multiplier) {
        assertThat(prefer("red", weight).multiplier(Set.of("red", "x"))).isCloseTo(multiplier, within(1e-6));
        assertThat(prefer("red", weight).multiplier(Set.of("x"))).isEqualTo(1);
    }

    @Test
    void weightsOfSeveralPreferencesAddUp() {
        RoutingConstraints both = new RoutingConstraints(null, Set.of(), Map.of("red", 0.75f, "big", -0.25f));

        assertThat(both.multiplier(BOTH.taints())).isCloseTo(Math.exp(-Math.tanh(0.5)), within(1e-12));
    }

    @Test
    void aPreferredTaintMultipliesTheCost() {
        Selection selection = select(prefer("red", 1), OverlapScores.NONE);

        double multiplied = 20 * Math.exp(-Math.tanh(1));
        assertThat(selection.keys()).containsExactly(new double[] {20, multiplied, multiplied}, within(1e-9));
        assertThat(selection.winner().terms().multiplier()).isCloseTo(Math.exp(-Math.tanh(1)), within(1e-12));
        assertThat(selection.chosen()).isNotEqualTo(PLAIN);
    }

    @Test
    void aCostOfZeroStaysZeroWhateverIsPreferred() {
        OverlapScores plainHoldsAll = new OverlapScores(new int[] {10, 0, 0}, new int[0], new int[0]);
        ActiveSequences active = Books.empty();
        synchronized (active) {
            Selection selection = new WorkerSelector(active, new Random(1))
                    .select(
                            ALL,
                            request(plainHoldsAll).with(prefer("red", 100)),
                            SchedulingConfig.DEFAULT.forPrefill());

            assertThat(selection.chosen()).isEqualTo(PLAIN);
            assertThat(selection.winner().key()).isZero();
        }
    }

    private static Selection select(RoutingConstraints constraints, OverlapScores overlaps) {
        ActiveSequences active = Books.empty();
        synchronized (active) {
            return new WorkerSelector(active, new Random(1))
                    .select(ALL, request(overlaps).with(constraints), SchedulingConfig.DEFAULT);
        }
    }

    private static SchedulingRequest request(OverlapScores overlaps) {
        return new SchedulingRequest(160, BlockHashes.none(16), overlaps);
    }

    private static RoutingConstraints require(String... taints) {
        return new RoutingConstraints(null, Set.of(taints), Map.of());
    }

    private static RoutingConstraints prefer(String taint, float weight) {
        return new RoutingConstraints(null, Set.of(), Map.of(taint, weight));
    }
}
