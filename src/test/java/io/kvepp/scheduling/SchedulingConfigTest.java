package io.kvepp.scheduling;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.worker.card.WorkerRole;
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

    private static final SchedulingConfig ALL = new SchedulingConfig(
            2,
            0.2,
            0.3,
            0.4,
            0.5,
            0.6,
            0.7,
            true,
            true,
            true,
            RouterMode.KV,
            RouterMode.ROUND_ROBIN,
            WorkerRole.AGGREGATED);

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
        given.addAll(List.of("router-mode", "least-loaded", "prefill-router-mode", "round-robin"));
        given.addAll(List.of("router-kv-overlap-score-weight", "0.35"));
        Options options = flags(given.toArray(new String[0]));
        SchedulingConfig expected = new SchedulingConfig(
                0.1,
                0.2,
                0.35,
                0.4,
                0.5,
                0.6,
                0.7,
                false,
                false,
                false,
                RouterMode.LEAST_LOADED,
                RouterMode.ROUND_ROBIN,
                WorkerRole.AGGREGATED);

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
    void theDeprecatedWeightIsThePrefillLoadScaleAndZeroTakesTheCreditAwayToo() {
        SchedulingConfig half = SchedulingConfig.from(environment("DYN_OVERLAP_SCORE_WEIGHT", "0.5"));
        SchedulingConfig none = SchedulingConfig.from(environment("DYN_ROUTER_KV_OVERLAP_SCORE_WEIGHT", "0"));

        assertThat(half.prefillLoadScale()).isEqualTo(0.5);
        assertThat(half.overlapScoreCredit()).isEqualTo(1);
        assertThat(none.prefillLoadScale()).isZero();
        assertThat(none.overlapScoreCredit()).isZero();
    }

    @Test
    void ofTwoNamesOfTheDeprecatedWeightTheFirstWinsAndTheConflictIsTold() {
        Options both = environment("DYN_OVERLAP_SCORE_WEIGHT", "0.5", "DYN_ROUTER_KV_OVERLAP_SCORE_WEIGHT", "2");

        assertThat(SchedulingConfig.from(both).prefillLoadScale()).isEqualTo(2);
        assertThat(both.conflicts())
                .containsExactly("router-kv-overlap-score-weight: DYN_OVERLAP_SCORE_WEIGHT says otherwise than "
                        + "DYN_ROUTER_KV_OVERLAP_SCORE_WEIGHT, which wins");
    }

    @Test
    void prefillWorkersAreJudgedWithoutBlocksInUseAndInTheirOwnMode() {
        SchedulingConfig prefill = ALL.forPrefill();

        assertThat(prefill.trackActiveBlocks()).isFalse();
        assertThat(prefill.mode()).isEqualTo(RouterMode.ROUND_ROBIN);
        assertThat(prefill.role()).isEqualTo(WorkerRole.PREFILL);
        assertThat(prefill.temperature()).isEqualTo(0.7);
        assertThat(prefill.overlapScoreCredit()).isEqualTo(2);
    }

    @Test
    void decodeWorkersAreJudgedByLoadAloneAndKeepTheTemperature() {
        SchedulingConfig decode = ALL.forDecode();

        assertThat(decode.overlapScoreCredit()).isZero();
        assertThat(decode.assumeKvReuse()).isFalse();
        assertThat(decode.trackPrefillTokens()).isFalse();
        assertThat(decode.trackActiveBlocks()).isTrue();
        assertThat(decode.temperature()).isEqualTo(0.7);
        assertThat(decode.mode()).isEqualTo(RouterMode.KV);
        assertThat(decode.role()).isEqualTo(WorkerRole.DECODE);
    }

    @Test
    void theOverrideOfARequestSurvivesThatForDecodeWorkersWhereItMay() {
        SchedulingOverride override = new SchedulingOverride(1.5, 0.4, 0.7, true, true);

        SchedulingConfig decode = SchedulingConfig.DEFAULT.with(override).forDecode();

        assertThat(decode.temperature()).isEqualTo(0.7);
        assertThat(decode.prefillLoadScale()).isEqualTo(0.4);
        assertThat(decode.overlapScoreCredit()).isZero();
        assertThat(decode.assumeKvReuse()).isFalse();
        assertThat(decode.trackPrefillTokens()).isFalse();
    }

    @Test
    void anOverrideChangesWhatItSaysAndNothingElse() {
        SchedulingConfig changed = ALL.with(new SchedulingOverride(0.5, null, null, false, null));

        assertThat(changed)
                .isEqualTo(new SchedulingConfig(
                        0.5,
                        0.2,
                        0.3,
                        0.4,
                        0.5,
                        0.6,
                        0.7,
                        true,
                        true,
                        false,
                        RouterMode.KV,
                        RouterMode.ROUND_ROBIN,
                        WorkerRole.AGGREGATED));
        assertThat(ALL.with(SchedulingOverride.NONE)).isSameAs(ALL);
        assertThat(SchedulingOverride.NONE.withOverlapScoreWeight(0))
                .isEqualTo(new SchedulingOverride(0.0, 0.0, null, null, null));
        assertRefused(
                () -> new SchedulingOverride(null, -1.0, null, null, null),
                "prefill_load_scale: -1.0 (expected: a finite number >= 0)");
    }

    @Test
    void thePresetLooksAtLoadAlone() {
        assertThat(ALL.loadAware()).isEqualTo(new SchedulingConfig(0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, true, true, false));
    }

    @Test
    void thePrefillModeIsThatOfAllUnlessSet() {
        assertThat(SchedulingConfig.from(flags("router-mode", "power-of-two")).prefillMode())
                .isEqualTo(RouterMode.POWER_OF_TWO);
        assertRefused(
                () -> SchedulingConfig.from(environment("DYN_ROUTER_MODE", "direct")),
                "router-mode: direct (expected: one of kv, round-robin, random, power-of-two, least-loaded)"
                        + " from DYN_ROUTER_MODE");
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
