package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.app.EppConfig;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouterCommandTest {
    @ParameterizedTest
    @CsvSource({
        "--block-size 16, --router-block-size 16",
        "--block-size=16, --router-block-size=16",
        "--kv-overlap-score-weight 0, --router-kv-overlap-score-weight 0",
        "--no-kv-events, --use-kv-events=false",
        "--no-router-kv-events, --use-kv-events=false",
        "--router-kv-events, --use-kv-events=true",
        "--no-track-active-blocks --namespace n, --router-track-active-blocks=false --namespace n",
        "--router-reset-states, --router-reset-states=true",
        "--router-reset-states true, --router-reset-states true",
        "--no-router-replica-sync, ''",
        "--router-conditional-disagg, --prefill-bypass=true",
        "--no-router-conditional-disagg, --prefill-bypass=false",
        "--router-temperature 0.5, --router-temperature 0.5"
    })
    void flagsOfDynamosRouterAreOptionsOfOurs(String given, String meant) {
        String[] arguments = ("router " + given).split(" ", -1);
        assertThat(String.join(" ", RouterCommand.translated(arguments))).isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--router-replica-sync",
                "--router-snapshot-threshold",
                "--serve-indexer",
                "--use-remote-indexer",
                "--router-event-threads=4",
                "--router-prefill-load-model",
                "--router-conditional-disagg-config={}",
                "--shared-cache-type"
            })
    void flagsOfMissingPartsAreRefusedWithTheReason(String flag) {
        assertThatThrownBy(() -> RouterCommand.translated(new String[] {"router", flag}))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(flag.substring(2).split("=", 2)[0] + ": set (expected: unset: ");
    }

    @Test
    void thePrefillRouterKnowsItsWorkers() {
        Map<String, List<String>> flags = Map.of("prefill-router", List.of("true"));
        assertThat(RouterCommand.withDefaults(flags, Map.of()))
                .containsEntry("endpoint", List.of("dynamo.prefill.generate"));
        assertThat(RouterCommand.withDefaults(flags, Map.of("DYN_NAMESPACE", "n")))
                .containsEntry("endpoint", List.of("n.prefill.generate"));
    }

    /// The variable that is refused in front of a Direct frontend.
    @ParameterizedTest
    @CsvSource({
        "DYN_ROUTER_CONDITIONAL_DISAGG, true, true",
        "DYN_ROUTER_CONDITIONAL_DISAGG, 0, false",
        "KV_EPP_ROUTER_CONDITIONAL_DISAGG, ' 1 ', true",
        "DYN_ROUTER_CONDITIONAL_DISAGG, '', false"
    })
    void conditionalDisaggregationIsTheRoutersOwn(String variable, String value, boolean bypasses) {
        assertThat(bypass(List.of(), Map.of(variable, value))).isEqualTo(bypasses);
    }

    @Test
    void whatIsSaidOfTheBypassItselfBeatsDynamosVariable() {
        String dynamos = "DYN_ROUTER_CONDITIONAL_DISAGG";
        assertThat(bypass(List.of("false"), Map.of(dynamos, "true"))).isFalse();
        assertThat(bypass(List.of(), Map.of(dynamos, "true", "KV_EPP_PREFILL_BYPASS", "false")))
                .isFalse();
    }

    private static boolean bypass(List<String> flag, Map<String, String> environment) {
        Map<String, List<String>> flags = new HashMap<>(Map.of("endpoint", List.of("a.b.c")));
        if (!flag.isEmpty()) {
            flags.put("prefill-bypass", flag);
        }
        Options options = new Options(RouterCommand.withDefaults(flags, environment), environment);
        assertThat(EppConfig.from(options)).isNotNull();
        return options.entries().stream()
                .filter(entry -> entry.name().equals("prefill-bypass"))
                .anyMatch(entry -> entry.valueText().equals("true"));
    }

    @Test
    void anyOtherRouterMustBeTold() {
        assertThatThrownBy(() -> RouterCommand.withDefaults(Map.of(), Map.of()))
                .hasMessage("endpoint: none (expected: namespace.component.endpoint of the workers)");
        assertThat(RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "a.b.c")))
                .isEmpty();
    }
}
