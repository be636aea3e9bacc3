package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.OptionEntry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ForeignFlagsTest {
    private static final Map<String, List<String>> RECORDED = Map.of(
            "component_epp.go of Dynamo's operator",
            List.of("pool-name pool-namespace pool-group v zap-encoder", "grpc-port grpc-health-port config-file"),
            "runner.go of GAIE 1.0",
            List.of(
                    "grpc-port grpc-health-port metrics-port enable-pprof pool-name pool-group pool-namespace v",
                    "secure-serving health-checking cert-path config-file config-text tracing",
                    "total-queued-requests-metric kv-cache-usage-percentage-metric lora-info-metric",
                    "refresh-metrics-interval refresh-prometheus-metrics-interval metrics-staleness-threshold",
                    "model-server-metrics-port model-server-metrics-path model-server-metrics-scheme",
                    "model-server-metrics-https-insecure-skip-verify ha-enable-leader-election"),
            "options.go of GAIE 1.3 and 1.5",
            List.of(
                    "cache-info-metric cert-path config-file config-text disable-endpoint-subset-filter",
                    "enable-cert-reload enable-pprof endpoint-selector endpoint-target-ports grpc-health-port",
                    "grpc-port ha-enable-leader-election health-checking kv-cache-usage-percentage-metric",
                    "lora-info-metric metrics-endpoint-auth metrics-port metrics-staleness-threshold",
                    "model-server-metrics-https-insecure-skip-verify model-server-metrics-path",
                    "model-server-metrics-port model-server-metrics-scheme pool-group pool-name pool-namespace",
                    "refresh-metrics-interval refresh-prometheus-metrics-interval secure-serving",
                    "total-queued-requests-metric total-running-requests-metric tracing v",
                    "enable-multi-engine engine-label-key"),
            "options.go of llm-d-router 0.10",
            List.of(
                    "grpc-port ha-enable-leader-election drain-timeout grpc-max-recv-msg-size grpc-max-send-msg-size",
                    "pool-group pool-namespace pool-name endpoint-selector endpoint-target-ports",
                    "disable-endpoint-subset-filter emit-endpoint-scores refresh-metrics-interval",
                    "refresh-prometheus-metrics-interval metrics-staleness-threshold total-queued-requests-metric",
                    "total-running-requests-metric kv-cache-usage-percentage-metric lora-info-metric",
                    "cache-info-metric tracing health-checking metrics-port grpc-health-port enable-pprof cert-path",
                    "enable-cert-reload enable-grpc-stream-metrics secure-serving metrics-endpoint-auth",
                    "metrics-client-ca-file metrics-cert-dir config-file config-text allow-experimental-plugins v",
                    "tls-min-version tls-cipher-suites"),
            "controller-runtime's zap",
            List.of("zap-devel zap-encoder zap-log-level zap-stacktrace-level zap-time-encoding"));

    private static Stream<String> recorded() {
        return RECORDED.values().stream()
                .flatMap(List::stream)
                .flatMap(line -> Stream.of(line.split(" ")))
                .distinct()
                .sorted();
    }

    private static Set<String> options() {
        return Main.defaults().stream().map(OptionEntry::name).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void everyRecordedFlagIsUnderstoodOrLeftOutWithItsValue(String name) {
        for (String dashes : List.of("-", "--")) {
            ForeignFlags flags = ForeignFlags.in(new String[] {dashes + name + "=8000"});

            assertThat(flags.ignored().size() + flags.own().length)
                    .as("flags understood or left out")
                    .isEqualTo(name.equals("pool-namespace") ? 0 : name.equals("pool-name") ? 2 : 1);
            assertThat(flags.own())
                    .filteredOn(argument -> argument.startsWith("-"))
                    .allMatch(
                            argument -> options().contains(argument.substring(2).split("=", 2)[0]));
        }
    }

    @Test
    void nothingIsLeftOutThatNobodyHas() {
        assertThat(Stream.of(ForeignFlags.VALUES, ForeignFlags.SWITCHES, ForeignFlags.SHARED)
                        .flatMap(Set::stream))
                .isSubsetOf(recorded().toList());
        assertThat(options()).containsAll(ForeignFlags.SHARED);
    }

    @Test
    void whatDynamosOperatorSaysIsUnderstoodOrLeftOut() {
        ForeignFlags flags = ForeignFlags.in(new String[] {
            "-v",
            "4",
            "--zap-encoder",
            "json",
            "--grpc-port",
            "9002",
            "--grpc-health-port=9003",
            "--config-file",
            "/c",
            "--namespace",
            "x"
        });

        assertThat(flags.own()).containsExactly("--port", "9002", "--health-port=9003", "--namespace", "x");
        assertThat(flags.ignored()).containsExactly("config-file", "v", "zap-encoder");
    }

    @Test
    void aPoolAndItsNamespaceAreOneOptionHere() {
        assertThat(own("--pool-namespace", "ns", "--pool-name", "p")).containsExactly("--pool", "ns/p");
        assertThat(own("-pool-name=p", "--pool-group=g", "--pool-namespace=ns")).containsExactly("--pool", "ns/p");
        assertThat(own("--pool-name", "p")).containsExactly("--pool", "p");
        assertThat(own("--pool-namespace", "ns")).isEmpty();
        assertThat(own("--pool-name")).containsExactly("--pool", "");
    }

    private static String[] own(String... arguments) {
        return ForeignFlags.in(arguments).own();
    }

    @Test
    void switchesTakeTheirValueOnlyBehindAnEqualsSign() {
        ForeignFlags flags = ForeignFlags.in(
                new String[] {"--tracing=false", "--health-checking", "--enable-pprof", "--port", "1", "--v=5"});

        assertThat(flags.own()).containsExactly("--port", "1");
        assertThat(flags.ignored()).containsExactly("enable-pprof", "health-checking", "tracing", "v");
    }

    @Test
    void whatNobodyKnowsIsLeftToBeRefused() {
        assertThat(ForeignFlags.in(new String[] {"--no-such-flag", "x"}).own()).containsExactly("--no-such-flag", "x");
    }

    @Test
    void noFlagThatIsIgnoredIsAnOptionHere() {
        assertThat(Stream.of(
                                ForeignFlags.VALUES,
                                ForeignFlags.SWITCHES,
                                ForeignFlags.POOL,
                                ForeignFlags.NAMED_HERE.keySet())
                        .flatMap(Set::stream))
                .doesNotContainAnyElementsOf(options());
        assertThat(options()).containsAll(ForeignFlags.NAMED_HERE.values());
    }
}
