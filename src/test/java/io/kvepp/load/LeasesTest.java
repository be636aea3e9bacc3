package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Bookings as leases: silence ends them, progress keeps them.
class LeasesTest {
    private static final long SILENCE = Duration.ofMinutes(5).toNanos();
    private static final int SLOT = 1;

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - SILENCE);
    private final ActiveSequences active = new ActiveSequences(Duration.ofNanos(SILENCE), nanos::get);

    @Test
    void aSilentBookingIsGivenBackAndItsReleaseIsANoOp() {
        Reservation silent = active.book(SLOT, new BookedLoad(10, new long[] {1}, 0));
        pass(SILENCE - 1);
        assertThat(active.reservations()).isOne();

        pass(1);
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
        assertThat(active.reservations()).isZero();
        assertThat(active.silentEnds()).isOne();
        silent.release();
        silent.progressed();
        pass(3 * SILENCE);
        assertThat(active.reservations()).isZero();
        assertThat(active.silentEnds()).isOne();
    }

    @Test
    void aStreamThatMovesKeepsItsBookingForEver() {
        Reservation moving = active.book(SLOT, BookedLoad.blocks(3));
        for (int i = 0; i < 20; i++) {
            pass(SILENCE * 3 / 4);
            moving.progressed();
        }
        assertThat(active.blocks(SLOT)).isEqualTo(3);

        pass(2 * SILENCE);
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void onlyTheSilentOnesEndWhateverTheOrder() {
        Reservation[] bookings = new Reservation[100];
        for (int i = 0; i < bookings.length; i++) {
            bookings[i] = active.book(SLOT, BookedLoad.blocks(1));
        }
        for (int i = 0; i < bookings.length; i += 10) {
            bookings[i].release();
        }
        for (int round = 0; round < 3; round++) {
            pass(SILENCE / 2);
            for (int i = 1; i < bookings.length; i += 2) {
                bookings[i].progressed();
            }
        }

        assertThat(active.reservations()).isEqualTo(50);
        assertThat(active.silentEnds()).isEqualTo(40);
    }

    private void pass(long duration) {
        nanos.addAndGet(duration);
        active.endSilent();
    }
}
