package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A request goes only where the gateway lets it go, and its next one away from who did not answer.
class SubsetTest {
    private static final String FIRST = RouterFixture.FRONTENDS.get(0);
    private static final String SECOND = RouterFixture.FRONTENDS.get(1);

    @TempDir
    Path folder;

    private RouterFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new RouterFixture(folder);
        fixture.serve(aggregated("m").files(WarmUpModel.in(folder)).on(1));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "GET"})
    void aRequestGoesToTheSubset(String method) {
        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(request(method, SECOND)).endpoint()).isEqualTo(SECOND);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "GET"})
    void whereTheSubsetHasNobodyTheRequestIsRefused(String method) {
        assertThat(fixture.pick(request(method, "10.0.0.99:8000")))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void whoeverDidNotAnswerIsPassedOverForAMoment() {
        PickResult.Routed routed = fixture.route(fixture.chat("m", "hello"));
        String other = routed.endpoint().equals(FIRST) ? SECOND : FIRST;
        routed.lifecycle().servedBy(other);
        routed.lifecycle().responseHeaders(200, "application/json");
        routed.lifecycle().completed();

        for (int i = 0; i < 4; i++) {
            PickResult.Routed next = fixture.route(fixture.chat("m", "hello"));
            assertThat(next.endpoint()).isEqualTo(other);
            next.lifecycle().completed();
        }
    }

    private PickRequest request(String method, String allowed) {
        PickRequest request = fixture.chat("m", "hello");
        return new PickRequest(
                request.requestId(),
                method,
                request.path(),
                request.headers(),
                method.equals("GET") ? new byte[0] : request.body(),
                false,
                EndpointSubset.of(List.of(allowed)));
    }
}
