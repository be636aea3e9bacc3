package io.kvepp.kvcache.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Percentiles of lookups.
class SamplesTest {
    @Test
    void percentilesAreByNearestRank() {
        Samples samples = new Samples();
        for (int i = 1000; i >= 1; i--) {
            samples.add(i * 10L);
        }
        assertThat(samples.summary())
                .containsEntry("lookups", 1000L)
                .containsEntry("p50_us", 5.0)
                .containsEntry("p99_us", 9.9)
                .containsEntry("p999_us", 9.99);
    }

    @Test
    void oneSampleIsEveryPercentile() {
        Samples samples = new Samples();
        samples.add(1500);
        assertThat(samples.summary()).containsEntry("p50_us", 1.5).containsEntry("p999_us", 1.5);
    }

    @Test
    void noSampleHasNoPercentiles() {
        assertThat(new Samples().summary()).containsEntry("lookups", 0L).containsEntry("p50_us", null);
    }

    @Test
    void ofTooManyTheNewestAreKept() {
        Samples samples = new Samples();
        for (int i = 0; i < Samples.KEPT_MAX; i++) {
            samples.add(1000);
        }
        for (int i = 0; i < Samples.KEPT_MAX; i++) {
            samples.add(2000);
        }
        assertThat(samples.summary())
                .containsEntry("lookups", 2L * Samples.KEPT_MAX)
                .containsEntry("p50_us", 2.0);
    }

    @Test
    void whatIsTooLongForAnIntIsTheLongest() {
        Samples samples = new Samples();
        samples.add(Long.MAX_VALUE);
        assertThat(samples.summary()).containsEntry("p50_us", Integer.MAX_VALUE / 1e3);
    }
}
