package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.routerservice.plane.RouterEndpointsConfig;
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

    @ParameterizedTest
    @CsvSource(
            value = {
                "b.backend.generate | '' | '' | b.backend.generate | b",
                "b.backend.generate | a | '' | a.backend.generate | a",
                "b.backend.generate | ' ' | s | b-s.backend.generate | b",
                "b.backend.generate | a | s | a-s.backend.generate | a",
                "dyn://b/backend/generate | a$1 | s | dyn://a$1-s/backend/generate | a$1",
                "'' | a | s | a-s.prefill.generate | a",
                "'' | '' | s | dynamo-s.prefill.generate | dynamo"
            },
            delimiter = '|')
    void theNamespaceIsTheOneOfTheEnvironment(
            String endpoint, String namespace, String suffix, String workers, String own) {
        Map<String, String> environment =
                Map.of("DYN_NAMESPACE", namespace, "DYN_NAMESPACE_WORKER_SUFFIX", suffix);
        Map<String, List<String>> flags = endpoint.isEmpty()
                ? Map.of("prefill-router", List.of("true"))
                : Map.of("endpoint", List.of(endpoint));

        RouterEndpointsConfig config = endpoints(flags, environment);
        RouterEndpointsConfig told = endpoints(Map.of("endpoint", List.of(workers)), Map.of());
        assertThat(config.workers()).isEqualTo(told.workers());
        assertThat(config.generate().namespace()).isEqualTo(own);
    }

    @Test
    void aNamespaceOfTheRoutersOwnWins() {
        Map<String, String> environment = Map.of(
                "DYN_NAMESPACE", "a",
                "DYN_NAMESPACE_WORKER_SUFFIX", "s",
                "DYN_ROUTER_ENDPOINT", "b.c.d");
        assertThat(endpoints(Map.of("router-namespace", List.of("r")), environment)
                        .generate()
                        .namespace())
                .isEqualTo("r");

        Map<String, String> variables = new HashMap<>(environment);
        variables.put("KV_EPP_ROUTER_NAMESPACE", "r");
        assertThat(endpoints(Map.of(), variables).generate().namespace()).isEqualTo("r");
    }

    private static RouterEndpointsConfig endpoints(Map<String, List<String>> flags, Map<String, String> environment) {
        return RouterEndpointsConfig.from(new Options(RouterCommand.withDefaults(flags, environment), environment));
    }

    @Test
    void anyOtherRouterMustBeTold() {
        assertThatThrownBy(() -> RouterCommand.withDefaults(Map.of(), Map.of()))
                .hasMessage("endpoint: none (expected: namespace.component.endpoint of the workers)");
        assertThatThrownBy(() -> RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "")))
                .hasMessageStartingWith("endpoint: none");
        assertThat(RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "a.b.c")))
                .isEmpty();
        assertThat(RouterCommand.withDefaults(Map.of("discovery-backend", List.of("none")), Map.of()))
                .doesNotContainKey("endpoint");
    }
}
