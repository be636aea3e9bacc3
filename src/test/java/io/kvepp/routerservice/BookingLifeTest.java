package io.kvepp.routerservice;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.load.WorkerLoad;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random lives of bookings against a model that is too simple to be wrong.
class BookingLifeTest {
    private static final int LIVES = 100_000;
    private static final int WORKERS = 4;
    private static final int PROMPTS = 40;
    private static final int OPEN_MAX = 60;

    private final SplittableRandom random = new SplittableRandom(9);
    private final SelectionFleet fleet = new SelectionFleet(
            ModelCards.aggregated("m").on(1),
            ModelCards.aggregated("m").on(2),
            ModelCards.aggregated("m").on(3),
            ModelCards.aggregated("m").ranks(0, 2).on(4));
    private final Map<String, Life> lives = new HashMap<>();
    private final List<int[]> prompts = new ArrayList<>();
    private int next;

    /// What the model knows of one booking.
    private static final class Life {
        private final Selected selected;
        private boolean prefilling = true;
        private int outputBlocks;
        private long heardOf;

        Life(Selected selected, long now) {
            this.selected = selected;
            heardOf = now;
        }
    }

    BookingLifeTest() {
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            // Some begin alike, few are a whole number of blocks.
            prompts.add(SelectionFleet.tokens(1000 * (prompt % 7), 20 + random.nextInt(200)));
        }
    }

    @Test
    void loadIsWhatTheOpenBookingsComeToAndNothingWhenNoneIsOpen() {
        for (int step = 0; step < LIVES; step++) {
            if (random.nextInt(4) == 0 && lives.size() < OPEN_MAX) {
                book();
            } else if (lives.isEmpty()) {
                book();
            } else {
                move();
            }
            if (random.nextInt(2000) == 0) {
                pass();
            }
            if (step % 50 == 0) {
                assertLoads();
            }
        }
        List.copyOf(lives.keySet())
                .forEach(id -> assertThat(fleet.service.free(id)).isTrue());
        lives.clear();

        assertLoads();
        assertThat(fleet.service.loads().getFirst().ranks())
                .hasSize(WORKERS + 1)
                .allMatch(rank -> rank.load().equals(WorkerLoad.IDLE));
        assertThat(fleet.service.bookings()).isZero();
        assertThat(fleet.active.reservations()).isZero();
        assertThat(next).isGreaterThan(LIVES / 8);
        assertThat(fleet.service.silentBookings()).isPositive();
    }

    private void book() {
        String id = "r" + next++;
        Answer<Selected> answer = fleet.book(id, SelectionFleet.asking(prompts.get(random.nextInt(PROMPTS))));

        assertThat(answer).isInstanceOf(Given.class);
        if (answer instanceof Given<Selected>(var selected)) {
            lives.put(id, new Life(selected, fleet.nanos.get()));
        }
    }

    private void move() {
        List<String> ids = List.copyOf(lives.keySet());
        String id = ids.get(random.nextInt(ids.size()));
        Life life = lives.get(id);
        life.heardOf = fleet.nanos.get();
        switch (random.nextInt(6)) {
            case 0 -> {
                assertThat(fleet.service.prefillCompleted(id)).isTrue();
                life.prefilling = false;
            }
            case 1 -> {
                assertThat(fleet.service.outputBlock(id, null)).isTrue();
                life.outputBlocks++;
            }
            case 2 -> assertThat(fleet.service.progressed(id)).isTrue();
            case 3 -> {
                assertThat(fleet.book(id, SelectionFleet.asking(prompts.getFirst())))
                        .as("a second booking of " + id)
                        .isInstanceOf(Answer.Refused.class);
                assertThat(fleet.service.progressed(id)).isTrue();
            }
            default -> {
                assertThat(fleet.service.free(id)).isTrue();
                assertThat(fleet.service.free(id)).as("freed twice").isFalse();
                assertThat(fleet.service.prefillCompleted(id)).isFalse();
                lives.remove(id);
            }
        }
    }

    /// Time passes for some; who is silent for too long loses its booking.
    private void pass() {
        long now = fleet.nanos.addAndGet(SelectionFleet.SILENCE_MAX.toNanos() / 2);
        for (String id : List.copyOf(lives.keySet())) {
            if (random.nextBoolean()) {
                assertThat(fleet.service.progressed(id)).isTrue();
                lives.get(id).heardOf = now;
            }
        }
        long later = fleet.nanos.addAndGet(
                SelectionFleet.SILENCE_MAX.toNanos() / 2 + Duration.ofSeconds(1).toNanos());
        fleet.service.tick();
        lives.values().removeIf(life -> later - life.heardOf >= SelectionFleet.SILENCE_MAX.toNanos());
    }

    private void assertLoads() {
        assertThat(fleet.service.bookings()).isEqualTo(lives.size());
        for (PoolLoads.RankLoad rank : fleet.service.loads().getFirst().ranks()) {
            Set<Long> blocks = new HashSet<>();
            long prefillTokens = 0;
            long outputBlocks = 0;
            int requests = 0;
            for (Life life : lives.values()) {
                if (life.selected.chosen().worker().equals(rank.worker())) {
                    requests++;
                    outputBlocks += life.outputBlocks;
                    prefillTokens += life.prefilling ? life.selected.uncachedTokens() : 0;
                    for (long hash : life.selected.hashes().sequence()) {
                        blocks.add(hash);
                    }
                }
            }
            assertThat(rank.load())
                    .as("load of %s", rank.worker())
                    .isEqualTo(new WorkerLoad(requests, prefillTokens, blocks.size() + outputBlocks));
        }
    }
}
