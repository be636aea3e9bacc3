package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.Capacities.sized;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Overloaded workers get no requests, whatever they hold.
class OverloadTest {
    private static final String TEXT = "a question that fills more than one block of tokens, again and again";
    private static final OverloadThresholds NO_SECOND_PREFILL = new OverloadThresholds(null, 0L, null);
    private static final OverloadThresholds NO_SECOND_DECODE = new OverloadThresholds(0.0, null, null);

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelFiles files;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        files = WarmUpModel.in(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aRequestGoesAroundAnOverloadedWorkerThatHoldsItsPrompt() {
        ModelCards cards = ModelCards.aggregated("m").files(files);
        fixture.serve(cards.on(1), cards.on(2));
        fixture.overload.change("m", NO_SECOND_PREFILL);
        var request = fixture.chat("m", TEXT);
        fixture.hold(1, cards.card(), fixture.tokenIds(request, cards.card()), 1);
        PickResult.Routed first = fixture.route(request);
        assertThat(workers(first)).isEqualTo("1");

        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("2");
        assertThat(fixture.pick(fixture.chat("m", TEXT).withPriority(-1)))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.SHED));
        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.WORKERS_OVERLOADED,
                        "model: m: every worker that could serve it is overloaded",
                        "model",
                        Map.of(),
                        1));

        first.lifecycle().completed();
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1");
    }

    @Test
    void anOverloadedPrefillPoolIsNeverASwitchToAggregated() {
        fixture.serve(
                ModelCards.prefill("m").files(files).on(1),
                ModelCards.decode("m").files(files).on(2));
        fixture.overload.change("m", NO_SECOND_PREFILL);
        PickResult.Routed first = fixture.route(fixture.chat("m", TEXT));
        assertThat(workers(first)).isEqualTo("1+2");

        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.WORKERS_OVERLOADED));
        assertThat(fixture.inspection().bookings()).as("of the first alone").isEqualTo(2);

        first.lifecycle().completed();
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+2");
    }

    @Test
    void overloadedDecodeWorkersAreOverloadThoughPrefillIsFree() {
        fixture.serve(
                ModelCards.prefill("m").files(files).on(1),
                sized(ModelCards.decode("m").files(files).on(2), 1000, 0));
        fixture.overload.change("m", NO_SECOND_DECODE);
        fixture.route(fixture.chat("m", TEXT));

        assertThat(fixture.pick(fixture.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);
    }

    @Test
    void whateverOthersBookAtTheSameTimeARequestIsRoutedOrToldOfTheOverload() throws Exception {
        fixture.serve(
                ModelCards.prefill("m").files(files).on(1),
                ModelCards.decode("m").files(files).on(2));
        fixture.overload.change("m", NO_SECOND_PREFILL);
        PickRequest request = fixture.chat("m", TEXT);
        Set<String> outcomes = ConcurrentHashMap.newKeySet();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int thread = 0; thread < 4; thread++) {
                threads.execute(() -> {
                    for (int i = 0; i < 2000; i++) {
                        fixture.router().pick(request, result -> outcomes.add(outcome(result)));
                    }
                });
            }
        }

        assertThat(outcomes).containsExactlyInAnyOrder("routed", "WORKERS_OVERLOADED");
        assertThat(fixture.inspection().bookings()).isZero();
    }

    /// The drain of prompts tells nothing then: the prompt of the first is computed, and a second has
    /// passed in which nothing was.
    @ParameterizedTest
    @CsvSource({"0, false, WORKERS_OVERLOADED", "-1, false, SHED", "0, true, ENGINES_OVERLOADED", "-1, true, SHED"})
    void whoMeetsWorkersThatOnlyDecodeIsToldWhenToTryAgain(int priority, boolean engine, RejectReason reason) {
        Worker worker = sized(ModelCards.aggregated("m").files(files).on(1), 1000, 0);
        fixture.serve(engine ? new Worker(worker.id(), worker.endpoint(), worker.cards(), "10.1.0.1:8000") : worker);
        fixture.overload.change("m", NO_SECOND_DECODE);
        RequestLifecycle first = fixture.route(fixture.chat("m", TEXT)).lifecycle();
        first.responseHeaders(200, "text/event-stream");
        first.responseBody(
                ByteBuffer.wrap(
                        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n".getBytes(StandardCharsets.UTF_8)),
                false);
        fixture.nanos.addAndGet(Duration.ofSeconds(20).toNanos());

        assertThat(fixture.pick(fixture.chat("m", TEXT).withPriority(priority)))
                .isInstanceOfSatisfying(PickResult.Rejected.class, rejected -> {
                    assertThat(rejected.reason()).isEqualTo(reason);
                    assertThat(rejected.retryAfterSeconds()).isOne();
                });
    }

    private static String outcome(PickResult result) {
        return switch (result) {
            case PickResult.Routed routed -> {
                routed.lifecycle().completed();
                yield "routed";
            }
            case PickResult.Rejected rejected -> rejected.reason().name();
            case PickResult.Answered _ -> "answered";
        };
    }

    @Test
    void requestsNobodyReadMeetTheSameLimits() {
        ModelCards cards = ModelCards.aggregated("m").files(files);
        fixture.announce(cards.on(1));
        fixture.overload.change("m", NO_SECOND_PREFILL);

        List<Class<?>> results = List.of(
                fixture.pick(fixture.chat("m", TEXT)).getClass(),
                fixture.pick(fixture.chat("m", TEXT)).getClass());
        assertThat(results).isEqualTo(List.of(PickResult.Routed.class, PickResult.Rejected.class));
    }
}
