package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests of engines that serve them without a frontend.
class EnginePickTest {
    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelFiles files;

    @BeforeEach
    void open() throws IOException {
        fixture = RouterFixture.withTheOtherChoices(folder);
        files = WarmUpModel.in(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void theRequestGoesToTheChosenEngineAndTellsItNothingOfDynamo() {
        fixture.serve(engine(7, aggregated("m")));

        PickResult.Routed routed = fixture.route(fixture.chat("m", "hello"));

        assertThat(routed.endpoint()).isEqualTo(address(7));
        assertThat(routed.headers().set()).isEmpty();
        assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
        routed.lifecycle().completed();
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void overloadedEnginesAreNotToldByDynamosStatus() {
        fixture.serve(engine(7, aggregated("m")));
        fixture.overload.change("m", new OverloadThresholds(null, 0L, null));
        fixture.route(fixture.chat("m", "hello"));

        assertThat(fixture.pick(fixture.chat("m", "hello")))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.ENGINES_OVERLOADED));
    }

    @Test
    void routingHeadersOfClientsDoNotReachTheEngine() {
        fixture.serve(engine(7, aggregated("m")));
        List<String> names = List.of("x-dynamo-worker-instance-id", "x-data-parallel-rank", "x-prefiller-host-port");
        PickRequest chat = fixture.chat("m", "hello");
        List<HttpHeader> headers = new ArrayList<>(chat.headers());
        names.forEach(name -> headers.add(new HttpHeader(name, "1")));

        PickResult.Routed routed = fixture.route(new PickRequest(
                chat.requestId(), chat.method(), chat.path(), headers, chat.body(), false, chat.subset()));

        assertThat(routed.headers().remove()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(routed.headers().set()).isEmpty();
    }

    @Test
    void anEngineWithSeveralRanksIsToldWhich() {
        fixture.serve(engine(7, aggregated("m").ranks(4, 2)));
        Set<String> told = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            PickResult.Routed routed = fixture.route(fixture.chat("m", "hello"));
            assertThat(routed.headers().set()).extracting(HttpHeader::name).containsExactly("x-data-parallel-rank");
            told.add(routed.headers().set().getFirst().value());
        }

        assertThat(told).containsExactlyInAnyOrder("4", "5");
    }

    @Test
    void theEngineThatDecodesIsToldWhoComputesThePrompt() {
        fixture.serve(engine(1, prefill("m")), engine(2, decode("m")));

        PickResult.Routed routed = fixture.route(fixture.chat("m", "hello"));

        assertThat(routed.endpoint()).isEqualTo(address(2));
        assertThat(routed.headers().set()).containsExactly(new HttpHeader("x-prefiller-host-port", address(1)));
    }

    @Test
    void aListingGoesToAnyEngine() {
        fixture.serve(engine(7, aggregated("m")));

        assertThat(fixture.route(request("GET", null)).endpoint()).isEqualTo(address(7));

        fixture.serve(aggregated("m").files(files).on(1));
        assertThat(fixture.route(request("GET", null)).endpoint()).isIn(RouterFixture.FRONTENDS);
    }

    @Test
    void aSubsetIsOneOfEngines() {
        fixture.serve(engine(1, aggregated("m")), engine(2, aggregated("m")), engine(3, aggregated("other")));

        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(request("POST", address(2))).endpoint()).isEqualTo(address(2));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void aSubsetWithoutAnEngineOfTheModelIsRefused(int other) {
        fixture.serve(engine(1, aggregated("m")), engine(3, aggregated("other")));

        assertThat(fixture.pick(request("POST", address(other))))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void fallbacksAreEnginesOfTheModel() {
        fixture.serve(engine(1, aggregated("m")), engine(2, aggregated("m")), engine(3, aggregated("other")));

        for (int i = 0; i < 6; i++) {
            PickResult.Routed routed = fixture.route(fixture.chat("m", "hello"));
            String other = routed.endpoint().equals(address(1)) ? address(2) : address(1);
            assertThat(routed.fallbacks()).containsExactly(other);
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, m", "POST, unknown", "POST, m"})
    void everyRequestHasItsFallbacks(String method, String model) {
        fixture.serve(engine(1, aggregated("m")), engine(2, aggregated("m")), engine(3, aggregated("m")));
        PickRequest request = method.equals("GET") ? request("GET", null) : fixture.chat(model, "hello");

        PickResult.Routed routed = fixture.route(request);

        assertThat(routed.fallbacks())
                .singleElement()
                .isNotEqualTo(routed.endpoint())
                .isIn(address(1), address(2), address(3));
    }

    @Test
    void aFallbackIsWithinTheSubset() {
        fixture.serve(engine(1, aggregated("m")), engine(2, aggregated("m")));

        assertThat(fixture.route(request("GET", address(2))).fallbacks()).isEmpty();
    }

    @Test
    void frontendsAreFallbacksOfAListingToo() {
        fixture.serve(aggregated("m").files(files).on(1));

        PickResult.Routed routed = fixture.route(request("GET", null));

        assertThat(RouterFixture.FRONTENDS).contains(routed.endpoint()).containsAll(routed.fallbacks());
        assertThat(routed.fallbacks()).hasSize(1).doesNotContain(routed.endpoint());
    }

    private Worker engine(long id, ModelCards cards) {
        Worker worker = cards.files(files).on(id);
        return new Worker(id, worker.endpoint(), worker.cards(), address(id));
    }

    private static String address(long id) {
        return "10.1.0." + id + ":8000";
    }

    private PickRequest request(String method, @Nullable String allowed) {
        PickRequest request = fixture.chat("m", "hello");
        return new PickRequest(
                request.requestId(),
                method,
                request.path(),
                request.headers(),
                method.equals("GET") ? new byte[0] : request.body(),
                false,
                allowed == null ? null : EndpointSubset.of(List.of(allowed)));
    }
}
