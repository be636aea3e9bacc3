package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
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

    @Test
    void anyOtherRouterMustBeTold() {
        assertThatThrownBy(() -> RouterCommand.withDefaults(Map.of(), Map.of()))
                .hasMessage("endpoint: none (expected: namespace.component.endpoint of the workers)");
        assertThat(RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "a.b.c")))
                .isEmpty();
    }
}
