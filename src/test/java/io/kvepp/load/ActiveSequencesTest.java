package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHashes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ActiveSequencesTest {
    private static final int SLOT = 3;

    private final ActiveSequences active = new ActiveSequences();

    @Test
    void aBlockSharedByLiveRequestsCountsOnce() {
        Reservation first = active.book(SLOT, new BookedLoad(0, new long[] {1, 2, 3}, 1));
        Reservation second = active.book(SLOT, new BookedLoad(0, new long[] {1, 2, 9}, 1));
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(2, 0, 6));

        first.release();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(1, 0, 4));
        second.release();
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void prefillTokensEndWithTheFirstTokenAndOnlyOnce() {
        Reservation booking = active.book(SLOT, BookedLoad.prefill(100));
        active.book(SLOT, BookedLoad.prefill(7));

        booking.prefillCompleted();
        booking.prefillCompleted();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(2, 7, 0));
        booking.release();
        booking.release();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(1, 7, 0));
    }

    @Test
    void releaseCompletesThePrefill() {
        active.book(SLOT, BookedLoad.prefill(100)).release();

        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
        assertThat(active.reservations()).isZero();
    }

    @Test
    void aRankThatLeftBurdensNobodyAndItsBookingsStillEnd() {
        Reservation old = active.book(SLOT, new BookedLoad(10, new long[] {1}, 0));
        active.removeRank(SLOT);
        active.book(SLOT, BookedLoad.blocks(5));

        old.release();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(1, 0, 5));
        assertThat(active.reservations()).isOne();
    }

    @Test
    void theActivePrefixIsTheLongestAnyLiveRequestShares() {
        active.book(SLOT, new BookedLoad(0, new long[] {1, 2, 3, 4}, 0));
        active.book(SLOT, new BookedLoad(0, new long[] {1, 2, 8}, 0));

        assertThat(prefix(1, 2, 8, 9, 10)).isEqualTo(3);
        assertThat(prefix(1, 2, 3, 4)).isEqualTo(4);
        assertThat(prefix(5, 6, 7)).isZero();
        assertThat(prefix()).isZero();
    }

    @Test
    void neverNegativeAndZeroAtTheEndWhateverTheOrder() {
        Random random = new Random(11);
        List<Reservation> open = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (open.size() < 50 && random.nextBoolean()) {
                long[] blocks =
                        random.longs(random.nextInt(5), 0, 20).distinct().toArray();
                open.add(active.book(
                        random.nextInt(4), new BookedLoad(random.nextInt(1000), blocks, random.nextInt(3))));
            } else if (!open.isEmpty()) {
                Reservation any = open.get(random.nextInt(open.size()));
                if (random.nextBoolean()) {
                    any.prefillCompleted();
                } else {
                    any.release();
                    open.remove(any);
                }
            }
            for (int slot = 0; slot < 4; slot++) {
                WorkerLoad load = active.load(slot);
                assertThat(load.activePrefillTokens()).isNotNegative();
                assertThat(load.activeBlocks()).isNotNegative();
            }
        }
        open.forEach(Reservation::release);
        for (int slot = 0; slot < 4; slot++) {
            assertThat(active.load(slot)).isEqualTo(WorkerLoad.IDLE);
        }
        assertThat(active.reservations()).isZero();
    }

    private int prefix(long... sequence) {
        return active.activePrefix(SLOT, new BlockHashes(sequence, sequence, 16));
    }
}
