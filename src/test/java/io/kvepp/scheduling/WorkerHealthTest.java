package io.kvepp.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WorkerHealthTest {
    private static final RankSlot A = rank(0);
    private static final RankSlot B = rank(1);
    private static final RankSlot C = rank(2);
    private static final List<RankSlot> ALL = List.of(A, B, C);

    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(12).toNanos());
    private final WorkerHealth health =
            new WorkerHealth(new HealthConfig(2, Duration.ofSeconds(5), Duration.ofSeconds(10)), nanos::get);

    @Test
    void theSecondFailureInTimeEjects() {
        health.failed(A.slot());
        assertThat(health.usable(ALL)).isEqualTo(ALL);
        pass(5);
        health.failed(A.slot());

        assertThat(health.usable(ALL)).containsExactly(B, C);
        assertThat(health.ejected()).isOne();
        assertThat(health.ejections()).isOne();
    }

    @Test
    void failuresFarApartOrWithASuccessBetweenDoNot() {
        health.failed(A.slot());
        pass(6);
        health.failed(A.slot());
        health.succeeded(A.slot());
        health.failed(A.slot());

        assertThat(health.usable(ALL)).isEqualTo(ALL);
    }

    @Test
    void afterThePauseOneRequestTriesItOut() {
        eject(A);
        pass(10);
        assertThat(health.usable(ALL)).isEqualTo(ALL);

        health.chosen(B.slot());
        health.chosen(A.slot());
        assertThat(health.usable(ALL)).containsExactly(B, C);
        health.succeeded(A.slot());
        assertThat(health.usable(ALL)).isEqualTo(ALL);
        assertThat(health.ejected()).isZero();
    }

    @Test
    void aFailedTrialEjectsForTwiceAsLongEachTime() {
        eject(A);
        for (int pause : new int[] {10, 20, 40, 80, 160, 300, 300}) {
            pass(pause - 1);
            assertThat(health.usable(ALL)).as("just before %d s", pause).containsExactly(B, C);
            pass(1);
            assertThat(health.usable(ALL)).isEqualTo(ALL);
            health.chosen(A.slot());
            health.failed(A.slot());
        }
    }

    @Test
    void aTrialWithoutAnAnswerIsRepeated() {
        eject(A);
        pass(10);
        health.chosen(A.slot());
        pass(29);
        assertThat(health.usable(ALL)).containsExactly(B, C);
        pass(1);
        assertThat(health.usable(ALL)).isEqualTo(ALL);
    }

    @Test
    void whenMoreThanHalfAreOutNobodyIs() {
        eject(A);
        assertThat(health.usable(List.of(A, B))).containsExactly(B);
        eject(B);

        assertThat(health.usable(ALL)).isEqualTo(ALL);
        assertThat(health.usable(List.of(A))).containsExactly(A);
    }

    @Test
    void aSlotsNextOwnerStartsHealthy() {
        eject(A);
        health.forget(A.slot());

        assertThat(health.usable(ALL)).isEqualTo(ALL);
    }

    @Test
    void zeroFailuresSwitchItOff() {
        WorkerHealth off =
                new WorkerHealth(new HealthConfig(0, Duration.ofSeconds(5), Duration.ofSeconds(10)), nanos::get);
        for (int i = 0; i < 10; i++) {
            off.failed(A.slot());
        }

        assertThat(off.usable(ALL)).isEqualTo(ALL);
    }

    @Test
    void theCountOfEjectedAgreesWithTheStatesWhateverHappens() {
        Random random = new Random(4);
        for (int step = 0; step < 100_000; step++) {
            RankSlot any = ALL.get(random.nextInt(3));
            switch (random.nextInt(5)) {
                case 0, 1 -> health.failed(any.slot());
                case 2 -> health.chosen(any.slot());
                case 3 -> health.succeeded(any.slot());
                default -> pass(random.nextInt(4));
            }
            assertThat(health.ejected()).isBetween(0, 3);
            assertThat(health.usable(ALL)).isNotEmpty();
        }
        ALL.forEach(rank -> health.succeeded(rank.slot()));
        assertThat(health.ejected()).isZero();
    }

    private void eject(RankSlot rank) {
        health.failed(rank.slot());
        health.failed(rank.slot());
    }

    private void pass(int seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }

    private static RankSlot rank(int slot) {
        return new RankSlot(new WorkerWithDpRank(100 + slot, 0), slot);
    }
}
