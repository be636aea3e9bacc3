package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RepeatsTest {
    private final Repeats repeats = new Repeats();

    @Test
    void withinItsWindowEverySequenceIsNewOnce() {
        Random random = new Random(7);
        Set<Long> seen = new HashSet<>();
        long highest = 0;
        for (int i = 0; i < 100_000; i++) {
            long sequence = Math.max(0, highest + random.nextInt(Repeats.SEQUENCES) - Repeats.SEQUENCES + 100);
            highest = Math.max(highest, sequence);

            assertThat(repeats.isRepeat(1, sequence)).as("%s", sequence).isEqualTo(!seen.add(sequence));
        }
        assertThat(seen).hasSizeGreaterThan(10_000);
    }

    @Test
    void publishersAreToldApart() {
        assertThat(repeats.isRepeat(1, 5)).isFalse();
        assertThat(repeats.isRepeat(-1, 5)).isFalse();
        assertThat(repeats.isRepeat(1, 5)).isTrue();
    }

    @Test
    void whatIsOlderThanTheWindowIsNoRepeat() {
        assertThat(repeats.isRepeat(1, 5)).isFalse();
        assertThat(repeats.isRepeat(1, 5 + Repeats.SEQUENCES)).isFalse();

        assertThat(repeats.isRepeat(1, 5)).isFalse();
        assertThat(repeats.isRepeat(1, 6)).isFalse();
        assertThat(repeats.isRepeat(1, 6)).isTrue();
    }
}
