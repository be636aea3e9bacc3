package io.kvepp.scheduling.overload;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import org.junit.jupiter.api.Test;

class OverloadThresholdsTest {
    @Test
    void nothingIsOverloadedByDefault() {
        assertThat(OverloadThresholds.from(Options.defaults())).isEqualTo(OverloadThresholds.NONE);
        assertThat(OverloadThresholds.NONE.isNone()).isTrue();
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "active-decode-blocks-threshold",
                "0.5",
                "active-prefill-tokens-threshold",
                "0",
                "active-prefill-tokens-threshold-frac",
                "2",
                "engine-waiting-threshold",
                "3");

        assertThat(OverloadThresholds.from(options)).isEqualTo(new OverloadThresholds(0.5, 0L, 2.0, 3));
        assertAllFrom("flag", options);
        assertThat(OverloadThresholds.from(environment(
                        "DYN_ACTIVE_DECODE_BLOCKS_THRESHOLD",
                        "0.9",
                        "DYN_ACTIVE_PREFILL_TOKENS_THRESHOLD",
                        "7",
                        "DYN_ACTIVE_PREFILL_TOKENS_THRESHOLD_FRAC",
                        "0.1")))
                .isEqualTo(new OverloadThresholds(0.9, 7L, 0.1));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new OverloadThresholds(1.1, null, null),
                "active_decode_blocks_threshold: 1.1 (expected: a number from 0 to 1)");
        assertRefused(
                () -> new OverloadThresholds(null, -2L, null),
                "active_prefill_tokens_threshold: -2 (expected: a whole number >= 0)");
        assertRefused(
                () -> new OverloadThresholds(null, null, Double.NaN),
                "active_prefill_tokens_threshold_frac: NaN (expected: a finite number >= 0)");
        assertRefused(
                () -> new OverloadThresholds(null, null, null, -2),
                "engine-waiting-threshold: -2 (expected: a whole number >= 0, or -1)");
    }

    @Test
    void aChangeLeavesWhatItDoesNotName() {
        OverloadThresholds before = new OverloadThresholds(0.5, 10L, null, 4);

        assertThat(before.with(new OverloadThresholds(null, 20L, 1.5)))
                .isEqualTo(new OverloadThresholds(0.5, 20L, 1.5, 4));
    }
}
