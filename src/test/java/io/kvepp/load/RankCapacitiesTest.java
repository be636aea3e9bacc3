package io.kvepp.load;

import static io.kvepp.testing.Capacities.sized;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.testing.ModelCards;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import org.junit.jupiter.api.Test;

class RankCapacitiesTest {
    private final WorkerSlots slots = new WorkerSlots();

    @Test
    void everyRankHasWhatItsWorkersCardSays() {
        WorkerDirectory directory = new WorkerDirectory(slots);
        var _ = directory.update(ModelCards.set(
                sized(ModelCards.prefill("m").ranks(2, 2).on(1), 100, 8192),
                ModelCards.decode("m").on(2)));
        RankCapacities capacities = RankCapacities.of(directory.snapshot());

        assertThat(capacities.slotsOf(1)).containsExactlyInAnyOrder(slot(1, 2), slot(1, 3));
        assertThat(capacities.totalKvBlocks(slot(1, 3))).isEqualTo(100);
        assertThat(capacities.batchedTokensMax(slot(1, 2))).isEqualTo(8192);
        assertThat(capacities.totalKvBlocks(slot(2, 0))).as("unknown").isZero();
        assertThat(capacities.batchedTokensMax(slot(2, 0)))
                .as("unknown")
                .isEqualTo(RankCapacities.BATCHED_TOKENS_UNKNOWN);
        assertThat(capacities.slotsOf(3)).isEmpty();
    }

    private int slot(long workerId, int rank) {
        return slots.slotOf(new WorkerWithDpRank(workerId, rank));
    }
}
