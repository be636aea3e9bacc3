package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.app.EppConfig;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.routerservice.plane.RouterEndpointsConfig;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

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
        "--track-output-blocks, --router-track-output-blocks=true",
        "--no-assume-kv-reuse, --router-assume-kv-reuse=false",
        "--no-router-replica-sync, ''",
        "--router-replica-sync=False, ''",
        "--router-prefill-load-model none --namespace n, --namespace n",
        "--shared-cache-type=none --namespace n, --namespace n",
        "--no-shared-cache-type, --no-shared-cache-type",
        "--router-conditional-disagg, --prefill-bypass=true",
        "--no-router-conditional-disagg, --prefill-bypass=false",
        "--router-temperature 0.5, --router-temperature 0.5"
    })
    void flagsOfDynamosRouterAreOptionsOfOurs(String given, String meant) {
        String[] arguments = ("router " + given).split(" ", -1);
        assertThat(String.join(" ", RouterCommand.translated(arguments))).isEqualTo(meant);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "--router-replica-sync | router-replica-sync: set (expected: unset: ",
                "--router-replica-sync --namespace n | router-replica-sync: set (expected: unset: ",
                "--serve-indexer true | serve-indexer: set (expected: unset: ",
                "--use-remote-indexer=1 | use-remote-indexer: set (expected: unset: ",
                "--enable-session-prefix-index | enable-session-prefix-index: set (expected: unset: ",
                "--router-snapshot-threshold 9 | router-snapshot-threshold: 9 (expected: unset: ",
                "--router-event-threads=8 | router-event-threads: 8 (expected: 1 or 4: ",
                "--router-prefill-load-model ais | router-prefill-load-model: ais (expected: none: ",
                "--router-prefill-load-model | router-prefill-load-model: set (expected: none: ",
                "--router-tracking-hash keyed-xxh3-v1 | router-tracking-hash: keyed-xxh3-v1 (expected: public-xxh3-v1: ",
                "--router-tracking-key-file f | router-tracking-key-file: f (expected: unset: ",
                "--shared-cache-multiplier 0.5 | shared-cache-multiplier: 0.5 (expected: 0 or 0.0: ",
                "--shared-cache-type --namespace n | shared-cache-type: set (expected: none: ",
                "--router-conditional-disagg-config {} | router-conditional-disagg-config: {} (expected: unset: ",
                "--aic-nextn 1 | aic-nextn: 1 (expected: unset: "
            },
            delimiter = '|')
    void flagsOfMissingPartsAreRefusedWithTheReason(String given, String told) {
        assertThatThrownBy(() -> RouterCommand.translated(("router " + given).split(" ")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(told);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "routerflags/dynamo-router-1.6.1.csv")
    void everyFlagOfDynamosRouterIsTakenOrRefusedByName(
            String flag, String type, @Nullable String usual, @Nullable String choices) {
        String name = flag.replaceFirst("^--", "");
        if (type.equals("switch")) {
            assertThat(problem(flag)).matches("|kv-epp: " + name + ": set \\(expected: (?s:.*)");
            return;
        }
        if (usual != null) {
            assertThat(problem(flag, usual)).as("the default").isEmpty();
            assertThat(problem(flag + "=" + usual)).as("the default").isEmpty();
        }
        for (String value : choices == null ? List.of(sample(type)) : List.of(choices.split("\\|"))) {
            assertThat(problem(flag, value))
                    .as(value)
                    .matches("|kv-epp: (router-)?" + name + ": \\Q" + value + "\\E \\(expected: (?s:.*)");
        }
    }

    private static String sample(String type) {
        return switch (type) {
            case "int" -> "16";
            case "float", "nullable_float" -> "0.5";
            default -> "x";
        };
    }

    /// What `kv-epp router` says to such flags; empty when it takes them.
    private static String problem(String... flags) {
        List<String> arguments = new ArrayList<>(List.of("router", "--endpoint", "a.b.c", "--print-config"));
        arguments.addAll(List.of(flags));
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Main.run(
                arguments.toArray(String[]::new),
                Map.of(),
                new PrintStream(OutputStream.nullOutputStream()),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return err.toString(StandardCharsets.UTF_8);
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
        Map<String, String> environment = Map.of("DYN_NAMESPACE", namespace, "DYN_NAMESPACE_WORKER_SUFFIX", suffix);
        Map<String, List<String>> flags =
                endpoint.isEmpty() ? Map.of("prefill-router", List.of("true")) : Map.of("endpoint", List.of(endpoint));

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
        assertThatThrownBy(() -> RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "")))
                .hasMessageStartingWith("endpoint: none");
        assertThat(RouterCommand.withDefaults(Map.of(), Map.of("DYN_ROUTER_ENDPOINT", "a.b.c")))
                .isEmpty();
        assertThat(RouterCommand.withDefaults(Map.of("discovery-backend", List.of("none")), Map.of()))
                .doesNotContainKey("endpoint");
    }
}
