package io.kvepp.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.PickResult.Rejected;
import io.kvepp.picker.PickResult.Routed;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConformancePickerTest {
    private final ConformancePicker picker = new ConformancePicker();

    @BeforeEach
    void threePodsWithTwoPorts() {
        picker.onPool(
                "ns/p", List.of("10.0.0.1:3000", "10.0.0.1:3002", "10.0.0.2:3000", "10.0.0.2:3002", "[fd00::3]:3000"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1            | 10.0.0.1:3000 10.0.0.1:3002",
                "10.0.0.2:3002       | 10.0.0.2:3002",
                "10.0.0.1:3000, fd00::3 | 10.0.0.1:3000 [fd00::3]:3000",
                "10.0.0.1:3000,10.0.0.9 | 10.0.0.1:3000",
            })
    void theReadyEndpointsOfTheHeaderTakeTurns(String header, String expected) {
        List<String> picked = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            picked.add(routed(request(header, null)).endpoint());
        }

        List<String> endpoints = List.of(expected.split(" "));
        assertThat(picked).containsOnly(endpoints.toArray(String[]::new));
        assertThat(picked.subList(0, endpoints.size())).containsExactlyInAnyOrderElementsOf(endpoints);
    }

    @Test
    void theHeaderOverridesTheSubset() {
        EndpointSubset subset = EndpointSubset.of(List.of("10.0.0.1"));

        assertThat(routed(request("10.0.0.2:3000", subset)).endpoint()).isEqualTo("10.0.0.2:3000");
        assertThat(routed(request(null, subset)).endpoint()).startsWith("10.0.0.1:");
    }

    @Test
    void withoutTheHeaderAllTakeTurns() {
        List<String> picked = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            picked.add(routed(request(null, null)).endpoint());
        }

        assertThat(picked).doesNotHaveDuplicates();
    }

    @Test
    void nobodyServesWhatNoReadyEndpointIsAskedFor() {
        assertThat(pick(request("10.0.0.9", null))).isInstanceOfSatisfying(Rejected.class, this::isUnserved);
        assertThat(pick(request(" ", null))).isInstanceOfSatisfying(Rejected.class, this::isUnserved);
        assertThat(pick(request(null, null).inPool("ns/other")))
                .isInstanceOfSatisfying(Rejected.class, this::isUnserved);

        picker.onPool("ns/p", List.of());
        assertThat(pick(request(null, null))).isInstanceOfSatisfying(Rejected.class, this::isUnserved);
    }

    private void isUnserved(Rejected rejected) {
        assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS);
    }

    @Test
    void anEchoServerIsAskedToNameTheDestination() {
        assertThat(routed(request("10.0.0.2:3000", null)).headers().set())
                .containsExactly(
                        new HttpHeader("x-echo-set-header", "x-conformance-test-served-endpoint:10.0.0.2:3000"));
    }

    @Test
    void theResponseTellsWhoServedAccordingToTheGateway() {
        RequestLifecycle lifecycle = routed(request("10.0.0.2:3000", null)).lifecycle();
        lifecycle.servedBy("10.0.0.7:3000");
        lifecycle.responseHeaders(200, "");

        assertThat(lifecycle.addedResponseHeaders())
                .containsExactly(
                        new HttpHeader("x-conformance-test-served-endpoint", "10.0.0.7:3000"),
                        new HttpHeader("x-went-into-resp-headers", "true"));
    }

    @ParameterizedTest
    @CsvSource({
        "true, fail: missing destination endpoint served metadata",
        "false, fail: missing envoy lb metadata",
        ", fail: missing envoy lb metadata"
    })
    void theResponseTellsWhatTheGatewayDidNot(@Nullable Boolean loadBalancerSpoke, String told) {
        RequestLifecycle lifecycle = routed(request(null, null)).lifecycle();
        if (loadBalancerSpoke != null) {
            lifecycle.servedByUntold(loadBalancerSpoke);
        }
        lifecycle.responseHeaders(200, "");

        assertThat(lifecycle.addedResponseHeaders())
                .contains(new HttpHeader("x-conformance-test-served-endpoint", told));
    }

    private static PickRequest request(@Nullable String selection, @Nullable EndpointSubset subset) {
        List<HttpHeader> headers =
                selection == null ? List.of() : List.of(new HttpHeader("test-epp-endpoint-selection", selection));
        return new PickRequest("r", "POST", "/", headers, new byte[0], false, subset).inPool("ns/p");
    }

    private Routed routed(PickRequest request) {
        return (Routed) pick(request);
    }

    private PickResult pick(PickRequest request) {
        List<PickResult> results = new ArrayList<>();
        picker.pick(request, results::add);
        assertThat(results).hasSize(1);
        return results.getFirst();
    }
}
