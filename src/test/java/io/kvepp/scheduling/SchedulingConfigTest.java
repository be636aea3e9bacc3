package io.kvepp.scheduling;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulingConfigTest {
    private static final List<String> NAMES = List.of(
            "router-kv-overlap-score-credit",
            "router-kv-overlap-score-credit-decay",
            "router-prefill-load-scale",
            "router-decode-active-request-weight",
            "router-host-cache-hit-weight",
            "router-disk-cache-hit-weight",
            "router-temperature");
    private static final List<String> SWITCHES =
            List.of("router-track-prefill-tokens", "router-track-active-blocks", "router-assume-kv-reuse");

    @Test
    void theDefaultsAreDynamos() {
        assertThat(SchedulingConfig.DEFAULT)
                .isEqualTo(SchedulingConfig.from(Options.defaults()))
                .isEqualTo(new SchedulingConfig(1.0, 0.0, 1.0, 0.0, 0.75, 0.25, 0.0, true, true, true));
    }

    @Test
    void everyOptionIsReadFromItsFlagAndFromDynamosVariable() {
        List<String> given = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            given.addAll(List.of(NAMES.get(i), "0." + (i + 1)));
        }
        SWITCHES.forEach(name -> given.addAll(List.of(name, "false")));
        Options options = flags(given.toArray(new String[0]));
        SchedulingConfig expected = new SchedulingConfig(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, false, false, false);

        assertThat(SchedulingConfig.from(options)).isEqualTo(expected);
        assertAllFrom("flag", options);
        NAMES.forEach(name -> assertReadFromDynamosVariable(name, "0.5"));
        SWITCHES.forEach(name -> assertReadFromDynamosVariable(name, "false"));
    }

    private static void assertReadFromDynamosVariable(String name, String value) {
        String variable = "DYN_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
        Options one = new Options(Map.of(), Map.of(variable, value));
        SchedulingConfig.from(one);
        assertThat(one.entries())
                .filteredOn(entry -> entry.origin().equals(variable))
                .extracting(entry -> entry.name() + "=" + entry.valueText())
                .containsExactly(name + "=" + value);
    }

    @Test
    void prefillWorkersAreJudgedWithoutBlocksInUse() {
        SchedulingConfig config = new SchedulingConfig(2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, true, true, true);

        assertThat(config.forPrefill())
                .isEqualTo(new SchedulingConfig(2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, true, false, true));
    }

    @Test
    void decodeWorkersAreJudgedByLoadAloneAndKeepTheTemperature() {
        SchedulingConfig config = new SchedulingConfig(2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, true, true, true);

        assertThat(config.forDecode())
                .isEqualTo(new SchedulingConfig(0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, false, true, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 6})
    void aNegativeWeightIsRefused(int option) {
        assertRefused(
                () -> SchedulingConfig.from(flags(NAMES.get(option), "-0.5")),
                NAMES.get(option) + ": -0.5 (expected: a finite number >= 0)");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void theWorthOfATierIsAFraction(int option) {
        assertRefused(
                () -> SchedulingConfig.from(flags(NAMES.get(option), "-0.5")),
                NAMES.get(option) + ": -0.5 (expected: a number from 0 to 1)");
        assertRefused(
                () -> SchedulingConfig.from(flags(NAMES.get(option), "1.5")),
                NAMES.get(option) + ": 1.5 (expected: a number from 0 to 1)");
    }
}
