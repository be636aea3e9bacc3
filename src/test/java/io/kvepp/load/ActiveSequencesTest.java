package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.testing.Books;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ActiveSequencesTest {
    private static final int SLOT = 3;

    private final ActiveSequences active = Books.empty();

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
    void ofAVeryLongPromptOthersWaitForAFewBlocksOnly() {
        int few = ActiveSequences.BLOCKS_AT_ONCE_MAX;
        BookedLoad load =
                new BookedLoad(9, LongStream.rangeClosed(1, 5L * few + 1).toArray(), 0);
        Reservation booking = active.begin(SLOT, load);
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(1, 9, few));

        Reservation other = active.book(SLOT, new BookedLoad(0, new long[] {1, 2, -3}, 0));
        booking.bookRest();
        booking.bookRest();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(2, 9, 5L * few + 2));
        booking.release();
        assertThat(active.load(SLOT)).isEqualTo(new WorkerLoad(1, 0, 3));
        other.release();
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void aPromptThatEndsBeforeItIsBookedWholeLeavesNothing() {
        int few = ActiveSequences.BLOCKS_AT_ONCE_MAX;
        Reservation booking = active.begin(
                SLOT, new BookedLoad(0, LongStream.range(0, 3L * few).toArray(), 0));

        booking.release();
        booking.bookRest();
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void generatedBlocksCountUntilTheEnd() {
        Reservation booking = active.book(SLOT, new BookedLoad(0, new long[] {1, 2}, 0));
        booking.generated(1, 1);
        booking.generated(3, 1);
        booking.generated(2, 1);
        assertThat(active.load(SLOT).activeBlocks()).isEqualTo(5);

        booking.release();
        booking.generated(9, 1);
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void blocksThatOnlyAnEndingRequestUsesWeighLess() {
        Reservation ending = active.book(SLOT, new BookedLoad(0, new long[] {1, 2, 3, 4}, 0));
        Reservation other = active.book(SLOT, new BookedLoad(0, new long[] {1, 2}, 0));
        ending.generated(4, 0.25);
        // 1 and 2 are shared; 3, 4 and four of output weigh a quarter each
        assertThat(active.blocks(SLOT)).isEqualTo(Math.round(2 + 6 * 0.25));

        other.release();
        ending.generated(5, 0.1);
        assertThat(active.blocks(SLOT)).isEqualTo(Math.round(9 * 0.1));
        ending.release();
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    @Test
    void oneMoreBlockLeavesTheWeightOfTheOthers() {
        Reservation booking = active.book(SLOT, new BookedLoad(0, new long[] {1, 2}, 0));
        booking.generated(4, 0.5);
        booking.generatedOneMore();
        booking.generatedOneMore();
        assertThat(active.blocks(SLOT)).isEqualTo(3 + 2);

        booking.generated(7, 1);
        assertThat(active.blocks(SLOT)).isEqualTo(2 + 7);
        booking.release();
        booking.generatedOneMore();
        assertThat(active.load(SLOT)).isEqualTo(WorkerLoad.IDLE);
    }

    private int prefix(long... sequence) {
        synchronized (active) {
            return active.held().activePrefix(SLOT, new BlockHashes(sequence, sequence, 16));
        }
    }

    @Test
    void readingsWithoutTheMonitorAreForThoseWhoHoldIt() {
        assertThatThrownBy(active::held)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("monitor: not held (expected: held by the reading thread)");
    }
}
