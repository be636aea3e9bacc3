package io.kvepp.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.testing.Books;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The books against a list of open requests that is counted anew each time.
class ActiveSequencesModelTest {
    private static final int SLOTS = 3;
    private static final int STEPS = 300_000;
    private static final int LIVES_MIN = 34_000; // of each of three seeds: more than 100,000 together

    private final ActiveSequences active = Books.empty();
    private final List<Request> open = new ArrayList<>();
    private final List<Reservation> ended = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void agreesWithTheNaiveCountThroughManyLives(long seed) {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            step(random);
            int slot = random.nextInt(SLOTS);
            WorkerLoad load = active.load(slot);
            if (step % 8 == 0 && !load.equals(naive(slot))) {
                assertThat(load).as("slot %d after step %d", slot, step).isEqualTo(naive(slot));
            }
            assertThat(Math.min(load.activeBlocks(), load.activePrefillTokens()))
                    .isNotNegative();
        }
        assertThat(ended).hasSizeGreaterThan(LIVES_MIN);
        open.forEach(request -> request.reservation.release());
        for (int slot = 0; slot < SLOTS; slot++) {
            assertThat(active.load(slot)).isEqualTo(WorkerLoad.IDLE);
        }
        assertThat(active.reservations()).isZero();
    }

    private void step(Random random) {
        int what = random.nextInt(100);
        if (what < 40 && open.size() < 40) {
            book(random);
        } else if (what < 41) {
            removeRank(random.nextInt(SLOTS));
        } else if (what < 45 && !ended.isEmpty()) {
            late(ended.get(random.nextInt(ended.size())));
        } else if (!open.isEmpty()) {
            move(open.get(random.nextInt(open.size())), random);
        }
    }

    private void book(Random random) {
        int slot = random.nextInt(SLOTS);
        long[] path = path(random);
        BookedLoad load = new BookedLoad(random.nextInt(1000), path, random.nextInt(3));
        open.add(new Request(slot, load, active.book(slot, load)));
    }

    /// A path in a small tree, as prompts share prefixes.
    private static long[] path(Random random) {
        long[] path = new long[random.nextInt(6)];
        long hash = 7;
        for (int i = 0; i < path.length; i++) {
            hash = hash * 31 + random.nextInt(2) + 1;
            path[i] = hash;
        }
        return path;
    }

    private void move(Request request, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> {
                request.reservation.prefillCompleted();
                request.prefilling = false;
            }
            case 1 -> {
                request.outputBlocks += random.nextInt(3);
                request.reservation.generated(request.outputBlocks, 1);
            }
            case 2 -> request.reservation.progressed();
            default -> {
                request.reservation.release();
                ended.add(request.reservation);
                open.remove(request);
            }
        }
    }

    /// What an ended booking is told afterwards changes nothing.
    private static void late(Reservation reservation) {
        reservation.prefillCompleted();
        reservation.generated(5, 1);
        reservation.release();
    }

    private void removeRank(int slot) {
        active.removeRank(slot);
        open.stream().filter(request -> request.slot == slot).forEach(request -> request.slot = -1);
    }

    private WorkerLoad naive(int slot) {
        List<Request> here =
                open.stream().filter(request -> request.slot == slot).toList();
        long prefill = here.stream()
                .filter(request -> request.prefilling)
                .mapToLong(request -> request.load.prefillTokens())
                .sum();
        long shared = here.stream()
                .flatMap(request -> Arrays.stream(request.load.sharedBlocks()).boxed())
                .distinct()
                .count();
        long own = here.stream()
                .mapToLong(request -> request.load.privateBlocks() + request.outputBlocks)
                .sum();
        return new WorkerLoad(here.size(), prefill, shared + own);
    }

    private static final class Request {
        private final BookedLoad load;
        private final Reservation reservation;
        private int slot;
        private boolean prefilling = true;
        private int outputBlocks;

        Request(int slot, BookedLoad load, Reservation reservation) {
            this.slot = slot;
            this.load = load;
            this.reservation = reservation;
        }
    }
}
