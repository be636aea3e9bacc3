package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.PoolEndpoints.Pod;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A request that a pool's gateway asks about goes to the pod of its own worker.
class PoolRoutingTest {
    private static final String POOL = "ns/pool";
    private static final String FIRST = "10.1.0.1:8000";
    private static final String SECOND = "[fd00::2]:8000";
    private static final PoolEndpoints BOTH =
            new PoolEndpoints(List.of(FIRST, SECOND), Map.of(1L, pod(FIRST), 2L, pod(SECOND)));

    /// Two target ports, and a sidecar at neither.
    private static final PoolEndpoints ENTERED_ELSEWHERE = new PoolEndpoints(
            List.of("10.1.0.1:8000", "10.1.0.1:8001", "10.1.0.2:8000", "10.1.0.2:8001"),
            Map.of(
                    1L, new Pod(List.of("10.1.0.1:8000", "10.1.0.1:8001"), List.of("10.1.0.1:9000")),
                    2L, new Pod(List.of("10.1.0.2:8000", "10.1.0.2:8001"), List.of("10.1.0.2:9000"))));

    @TempDir
    Path folder;

    private RouterFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new RouterFixture(folder);
        var files = WarmUpModel.in(folder);
        fixture.serve(
                aggregated("m").files(files).on(1), aggregated("m").files(files).on(2));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void theEndpointIsThatOfTheChosenWorker() {
        fixture.router().onPool(POOL, BOTH);

        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            PickResult.Routed routed = fixture.route(chat());
            assertThat(routed.endpoint())
                    .isEqualTo(RouterFixture.workers(routed).equals("1") ? FIRST : SECOND);
            seen.add(routed.endpoint());
        }
        assertThat(seen).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void onlyWorkersOfThePoolAreChosen() {
        fixture.router().onPool(POOL, new PoolEndpoints(List.of(SECOND), Map.of(2L, pod(SECOND))));

        for (int i = 0; i < 4; i++) {
            assertThat(RouterFixture.workers(fixture.route(chat()))).isEqualTo("2");
        }
    }

    @Test
    void onlyWorkersOfTheSubsetAreChosen() {
        fixture.router().onPool(POOL, BOTH);

        for (int i = 0; i < 4; i++) {
            PickResult.Routed routed = fixture.route(chat("[fd00:0::2]:8000"));
            assertThat(RouterFixture.workers(routed)).isEqualTo("2");
            assertThat(routed.endpoint()).isEqualTo(SECOND);
        }
    }

    @Test
    void aPoolWithoutReadyEndpointsRefuses() {
        assertRefused(chat());

        fixture.router().onPool(POOL, BOTH);
        fixture.router().onPool(POOL, PoolEndpoints.NONE);
        assertRefused(chat());
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void aPoolWhosePodsAreNoWorkersRefusesKnownModels() {
        fixture.router().onPool(POOL, new PoolEndpoints(List.of(FIRST), Map.of()));

        assertRefused(chat());
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void poolsDoNotKnowEachOther() {
        fixture.router().onPool(POOL, new PoolEndpoints(List.of(FIRST), Map.of(1L, pod(FIRST))));
        fixture.router().onPool("ns/other", new PoolEndpoints(List.of(SECOND), Map.of(2L, pod(SECOND))));

        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(chat()).endpoint()).isEqualTo(FIRST);
            assertThat(fixture.route(fixture.chat("m", "hello").inPool("ns/other"))
                            .endpoint())
                    .isEqualTo(SECOND);
        }
    }

    @Test
    void requestsWithoutAPoolGoToFrontends() {
        fixture.router().onPool(POOL, BOTH);

        assertThat(RouterFixture.FRONTENDS)
                .contains(fixture.route(fixture.chat("m", "hello")).endpoint());
    }

    @Test
    void listingsGoToAnyEndpoint() {
        fixture.router().onPool(POOL, BOTH);

        String one = fixture.route(listing()).endpoint();
        String next = fixture.route(listing()).endpoint();
        assertThat(List.of(one, next)).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void anUnknownModelIsRoutedWhereThatIsWanted() {
        fixture.router().onPool(POOL, BOTH);
        assertThat(((PickResult.Rejected)
                                fixture.pick(fixture.chat("other", "hello").inPool(POOL)))
                        .reason())
                .isEqualTo(RejectReason.MODEL_NOT_FOUND);

        try (RouterFixture routing = RouterFixture.withTheOtherChoices(folder)) {
            routing.router().onPool(POOL, BOTH);
            PickResult.Routed routed =
                    routing.route(routing.chat("other", "hello").inPool(POOL));

            assertThat(BOTH.all()).contains(routed.endpoint());
            assertThat(RouterFixture.workers(routed)).isEmpty();
        }
    }

    @Test
    void aRankBeyondThePortsSharesTheLast() {
        fixture.router()
                .onPool(
                        POOL,
                        new PoolEndpoints(
                                List.of("10.1.0.1:1", "10.1.0.1:2"), Map.of(1L, pod("10.1.0.1:1", "10.1.0.1:2"))));
        fixture.serve(aggregated("m").ranks(0, 3).on(1));

        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            PickResult.Routed routed = fixture.route(chat());
            seen.add(RouterFixture.header(routed, "x-dynamo-dp-rank") + " " + routed.endpoint());
        }
        assertThat(seen).containsExactlyInAnyOrder("0 10.1.0.1:1", "1 10.1.0.1:2", "2 10.1.0.1:2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.1:8000", "10.1.0.1:8001", "10.1.0.1:9000", "10.1.0.1"})
    void aSubsetNamesThePodThatIsEnteredAtAnotherPort(String item) {
        fixture.router().onPool(POOL, ENTERED_ELSEWHERE);

        for (int i = 0; i < 4; i++) {
            PickResult.Routed routed = fixture.route(chat(item));
            assertThat(routed.endpoint()).isEqualTo("10.1.0.1:9000");
            assertThat(RouterFixture.workers(routed)).isEqualTo("1");
        }
        assertRefused(chat("10.1.0.1:9001"));
    }

    @Test
    void aListingGoesToAnEndpointOfThePoolUnlessTheSubsetHasNoneButWhereAPodIsEntered() {
        fixture.router().onPool(POOL, ENTERED_ELSEWHERE);

        assertThat(fixture.route(listing()).endpoint()).isIn(ENTERED_ELSEWHERE.all());
        assertThat(fixture.route(listing("10.1.0.1:8001")).endpoint()).isEqualTo("10.1.0.1:8001");
        assertThat(fixture.route(listing("10.1.0.1:9000")).endpoint()).isEqualTo("10.1.0.1:9000");
    }

    @Test
    void fallbacksAreEnteredAsTheChosenPodIs() {
        try (RouterFixture withFallback = RouterFixture.withTheOtherChoices(folder)) {
            withFallback.serve(aggregated("m").on(1), aggregated("m").on(2));
            withFallback.router().onPool(POOL, ENTERED_ELSEWHERE);

            PickResult.Routed routed =
                    withFallback.route(withFallback.chat("m", "hello").inPool(POOL));

            assertThat(List.of(routed.endpoint(), routed.fallbacks().getFirst()))
                    .containsExactlyInAnyOrder("10.1.0.1:9000", "10.1.0.2:9000");
        }
    }

    /// The worker that the headers name answers through whichever pod's frontend takes the request.
    @Test
    void aPodThatDidNotAnswerIsPassedOverAndTheBookingStaysWithTheWorker() {
        fixture.router().onPool(POOL, BOTH);
        PickResult.Routed routed = fixture.route(chat());
        String other = routed.endpoint().equals(FIRST) ? SECOND : FIRST;

        routed.lifecycle().servedBy(other);

        assertThat(fixture.inspection().workers())
                .filteredOn(row -> row.activeRequests() == 1)
                .singleElement()
                .satisfies(row -> assertThat(row.workerId()).isEqualTo(RouterFixture.workers(routed)));
        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(chat()).endpoint()).isEqualTo(other);
        }
    }

    private PickRequest chat(String... subset) {
        return within(fixture.chat("m", "hello"), subset);
    }

    private PickRequest listing(String... subset) {
        return within(fixture.request("GET", "/v1/models", "", new byte[0]), subset);
    }

    private static PickRequest within(PickRequest request, String... subset) {
        return new PickRequest(
                        request.requestId(),
                        request.method(),
                        request.path(),
                        request.headers(),
                        request.body(),
                        false,
                        subset.length == 0 ? null : EndpointSubset.of(List.of(subset)))
                .inPool(POOL);
    }

    private static Pod pod(String... endpoints) {
        return Pod.entered(List.of(endpoints));
    }

    private void assertRefused(PickRequest request) {
        assertThat(fixture.pick(request))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS));
    }
}
