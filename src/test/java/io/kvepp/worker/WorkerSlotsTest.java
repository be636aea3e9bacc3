package io.kvepp.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkerSlotsTest {
    private final WorkerSlots slots = new WorkerSlots();

    @Test
    void ranksGetDenseSlotsAndKeepThem() {
        assertThat(slots.assign(rank(7))).isZero();
        assertThat(slots.assign(rank(8))).isEqualTo(1);
        assertThat(slots.assign(rank(7))).isZero();
        assertThat(slots.slotOf(rank(8))).isEqualTo(1);
    }

    @Test
    void aRankWithoutASlotHasNone() {
        assertThat(slots.slotOf(rank(7))).isEqualTo(WorkerSlots.NONE);
        slots.assign(rank(7));
        slots.release(rank(7));
        assertThat(slots.slotOf(rank(7))).isEqualTo(WorkerSlots.NONE);
    }

    @Test
    void aReleasedSlotIsTheLastToBeUsedAgain() {
        slots.assign(rank(0));
        slots.release(rank(0));
        for (int slot = 1; slot < WorkerSlots.SLOTS_MAX; slot++) {
            assertThat(slots.assign(rank(slot))).isEqualTo(slot);
        }
        assertThat(slots.assign(rank(-1))).isZero();
    }

    @Test
    void whenAllAreTakenThereIsNoneUntilOneIsReleased() {
        for (int slot = 0; slot < WorkerSlots.SLOTS_MAX; slot++) {
            slots.assign(rank(slot));
        }
        assertThat(slots.assign(rank(-1))).isEqualTo(WorkerSlots.NONE);
        assertThat(slots.slotOf(rank(-1))).isEqualTo(WorkerSlots.NONE);
        assertThat(slots.assign(rank(5))).isEqualTo(5);

        slots.release(rank(9));

        assertThat(slots.assign(rank(-1))).isEqualTo(9);
    }

    @Test
    void aSecondReleaseFreesNothing() {
        slots.assign(rank(0));
        slots.release(rank(0));
        slots.release(rank(0));
        for (int slot = 0; slot < WorkerSlots.SLOTS_MAX; slot++) {
            assertThat(slots.assign(rank(slot))).isNotEqualTo(WorkerSlots.NONE);
        }
        assertThat(slots.assign(rank(-1))).isEqualTo(WorkerSlots.NONE);
    }

    private static WorkerWithDpRank rank(long workerId) {
        return new WorkerWithDpRank(workerId, 0);
    }
}
