package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// When the compiler is believed to be done.
class WarmUpTest {
    private long nanos;

    private final WarmUp warmUp = new WarmUp(() -> nanos);

    private int passes(double... seconds) {
        for (double each : seconds) {
            assertThat(warmUp.settled()).isFalse();
            warmUp.passed(each);
        }
        assertThat(warmUp.settled()).isTrue();
        return warmUp.passes();
    }

    @Test
    void itEndsOnceThreePassesAreNoFaster() {
        assertThat(passes(9, 5, 3, 2, 1.99, 2.1, 1.98)).isEqualTo(7);
    }

    @Test
    void itNeverEndsBeforeFivePasses() {
        assertThat(passes(1, 1, 1, 1, 1)).isEqualTo(WarmUp.PASSES_MIN);
    }

    @Test
    void itEndsAfterSoManyPassesHoweverTheyGo() {
        double[] ever = new double[WarmUp.PASSES_MAX];
        for (int i = 0; i < ever.length; i++) {
            ever[i] = Math.pow(0.5, i);
        }
        assertThat(passes(ever)).isEqualTo(WarmUp.PASSES_MAX);
    }

    @Test
    void itEndsWhenTheTimeIsOver() {
        warmUp.passed(70);
        assertThat(warmUp.settled()).isFalse();
        nanos = (long) (WarmUp.SECONDS_MAX * 1e9);
        assertThat(warmUp.settled()).isTrue();
    }
}
