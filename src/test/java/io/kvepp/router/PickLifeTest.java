package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.PickerInspection.WorkerRow;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a pick holds from its start to the end of the request.
class PickLifeTest {
    private static final String TEXT = "a question that fills more than one block of tokens, again and again";

    @TempDir
    Path folder;

    private final List<PickResult> results = new ArrayList<>();
    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        cards = aggregated("m").files(WarmUpModel.in(folder));
        fixture.serve(cards.on(1), cards.on(2));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void theFrontendWithTheFewestRequestsUnderWayTakesTheNext() {
        PickResult.Routed first = fixture.route(fixture.chat("m", TEXT));
        PickResult.Routed second = fixture.route(fixture.chat("m", TEXT));
        assertThat(List.of(first.endpoint(), second.endpoint())).isEqualTo(RouterFixture.FRONTENDS);

        second.lifecycle().completed();
        second.lifecycle().completed();

        assertThat(fixture.route(fixture.chat("m", TEXT)).endpoint()).isEqualTo(second.endpoint());
    }

    @Test
    void generatedTokensBecomeBlocksInUse() {
        PickResult.Routed routed =
                fixture.route(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3]}"));
        routed.lifecycle().responseHeaders(200, "text/event-stream");
        String event = "data: {\"choices\":[{\"text\":\"a\"}]}\n\n";
        routed.lifecycle().responseBody(ByteBuffer.wrap(event.repeat(40).getBytes(StandardCharsets.UTF_8)), false);

        // 43 tokens are three blocks of 16; the prompt alone had opened the first
        assertThat(busiest().activeDecodeBlocks()).isEqualTo(2);
    }

    @Test
    void aResponseThatMovesKeepsItsBookingAndASilentOneLosesIt() {
        PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
        routed.lifecycle().responseHeaders(200, "text/event-stream");
        for (int i = 0; i < 3; i++) {
            fixture.nanos.addAndGet(RouterFixture.SILENCE_MAX.toNanos() * 2 / 3);
            routed.lifecycle().responseBody(ByteBuffer.wrap(new byte[] {':', '\n'}), false);
            fixture.active.endSilent();
        }
        assertThat(fixture.active.reservations()).isOne();

        fixture.nanos.addAndGet(2 * RouterFixture.SILENCE_MAX.toNanos());
        fixture.active.endSilent();
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void idleFrontendsTakeTurns() {
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
            endpoints.add(routed.endpoint());
            routed.lifecycle().completed();
        }

        assertThat(endpoints.subList(0, 2)).isEqualTo(RouterFixture.FRONTENDS);
        assertThat(endpoints.subList(2, 4)).isEqualTo(RouterFixture.FRONTENDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {502, 503, 504})
    void aFrontendThatFailedIsPassedOverForAMoment(int status) {
        PickResult.Routed failed = fixture.route(fixture.chat("m", TEXT));
        failed.lifecycle().responseHeaders(status, "");
        failed.lifecycle().completed();
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.route(fixture.chat("m", TEXT)).endpoint()).isNotEqualTo(failed.endpoint());
        }

        fixture.nanos.addAndGet(Duration.ofSeconds(2).toNanos());

        assertThat(fixture.route(fixture.chat("m", TEXT)).endpoint()).isEqualTo(failed.endpoint());
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 400, 429, 500})
    void anyOtherAnswerIsNoFailureOfTheFrontend(int status) {
        PickResult.Routed first = fixture.route(fixture.chat("m", TEXT));
        fixture.route(fixture.chat("m", TEXT));
        first.lifecycle().responseHeaders(status, "");
        first.lifecycle().completed();

        assertThat(fixture.route(fixture.chat("m", TEXT)).endpoint()).isEqualTo(first.endpoint());
    }

    @Test
    void theBookingIsHeldUntilTheRequestEnds() {
        PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
        assertThat(fixture.inspection().bookings()).isEqualTo(1);

        routed.lifecycle().completed();
        routed.lifecycle().completed();

        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
    }

    @Test
    void theFirstTokenEndsThePrefillLoad() {
        PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
        assertThat(prefillTokens()).isPositive();
        routed.lifecycle().responseHeaders(200, "text/event-stream");
        assertThat(prefillTokens()).isPositive();
        routed.lifecycle().responseBody(bytes("data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n"), false);
        assertThat(prefillTokens()).isPositive();

        routed.lifecycle().responseBody(bytes("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"), false);

        assertThat(prefillTokens()).isZero();
        assertThat(fixture.inspection().bookings()).isEqualTo(1);
    }

    @Test
    void theFirstTokenFreesThePrefillWorker() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                decode("m").files(cards.files()).on(2));
        PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
        assertThat(fixture.inspection().bookings()).isEqualTo(2);
        routed.lifecycle().responseHeaders(200, "application/json");
        routed.lifecycle().responseBody(bytes("{}"), true);
        assertThat(fixture.inspection().bookings()).isEqualTo(1);

        routed.lifecycle().completed();

        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
    }

    @Test
    void aRequestThatEndsWithoutAResponseFreesEverything() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                decode("m").files(cards.files()).on(2));
        fixture.route(fixture.chat("m", TEXT)).lifecycle().completed();

        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
    }

    @Test
    void whatComesAfterTheEndChangesNothing() {
        PickResult.Routed routed = fixture.route(fixture.chat("m", TEXT));
        routed.lifecycle().responseHeaders(200, "application/json");
        routed.lifecycle().completed();
        routed.lifecycle().responseBody(bytes("{}"), true);

        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
    }

    @Test
    void aBodyUpToTheLimitIsReadAtOnceAndALargerOneByThePickThreads() {
        fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX), results::add);
        assertThat(results).hasSize(1);
        fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX + 1), results::add);
        assertThat(results).hasSize(1);

        fixture.pickTasks.remove().run();

        assertThat(results).hasSize(2).allMatch(result -> result instanceof PickResult.Routed);
    }

    @Test
    void aLargeBodyThatThePickThreadsRefuseIsOverload() {
        fixture.refusesPicks = true;
        fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX + 1), results::add);

        assertThat(results)
                .containsExactly(
                        new PickResult.Rejected(RejectReason.OVERLOADED, "too many large requests at once", null));
    }

    @Test
    void aPickCancelledBeforeItRunsDoesNothing() {
        PickHandle handle = fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX + 1), results::add);
        handle.cancel();
        PickRequest next = fixture.chat("m", TEXT);
        fixture.pickTasks.remove().run();

        assertThat(results).isEmpty();
        assertThat(fixture.inspection().bookings()).isZero();
        assertThat(fixture.inspection().explanations(9)).isEmpty();
        assertThat(fixture.route(next).endpoint()).isEqualTo(RouterFixture.FRONTENDS.getFirst());
    }

    @Test
    void aPickCancelledWhileItRunsReleasesEverything() {
        AtomicReference<PickHandle> handle = new AtomicReference<>();
        fixture.whileParsing = () -> handle.get().cancel();
        handle.set(fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX + 1), results::add));
        fixture.pickTasks.remove().run();
        fixture.whileParsing = () -> {};

        assertThat(results).isEmpty();
        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
        assertThat(fixture.route(fixture.chat("m", TEXT)).endpoint()).isEqualTo(RouterFixture.FRONTENDS.getFirst());
    }

    @Test
    void aPickCancelledOnceItIsBookedReleasesEverything() {
        AtomicReference<PickHandle> handle = new AtomicReference<>();
        fixture.onceBooked = () -> handle.get().cancel();
        handle.set(fixture.router().pick(bodyOf(RouterFixture.INLINE_BYTES_MAX + 1), results::add));
        fixture.pickTasks.remove().run();

        assertThat(results).isEmpty();
        assertThat(fixture.inspection().explanations(9)).hasSize(1);
        assertThat(fixture.inspection().bookings()).isZero();
        assertIdle();
    }

    @Test
    void cancellingADeliveredPickLeavesItToItsLifecycle() {
        PickHandle handle = fixture.router().pick(fixture.chat("m", TEXT), results::add);
        handle.cancel();
        assertThat(fixture.inspection().bookings()).isEqualTo(1);

        ((PickResult.Routed) results.getFirst()).lifecycle().completed();

        assertThat(fixture.inspection().bookings()).isZero();
    }

    @Test
    void everyDecisionIsTimedAndItsPromptMeasured() {
        PickRequest request = fixture.chat("m", TEXT);
        int[] tokens = fixture.tokenIds(request, cards.card());
        fixture.hold(1, cards.card(), tokens, 1);
        fixture.whileParsing = () -> fixture.nanos.addAndGet(1_000_000);
        fixture.route(request);
        fixture.pick(fixture.chat("unknown", TEXT));

        assertThat(fixture.metrics.scrape())
                .contains("kv_epp_pick_duration_seconds_count 2")
                .contains("kv_epp_pick_duration_seconds_sum 0.002")
                .contains("kv_epp_prompt_tokens_count{model=\"m\"} 1")
                .contains("kv_epp_prompt_tokens_sum{model=\"m\"} " + (double) tokens.length)
                .contains("kv_epp_cached_tokens_sum{model=\"m\"} 16.0")
                .doesNotContain("unknown");
    }

    private PickRequest bodyOf(int bytes) {
        int fixed = RouterFixture.chatBody("m", "", "").length();
        return fixture.chat("m", "a".repeat(bytes - fixed));
    }

    private long prefillTokens() {
        return fixture.inspection().workers().stream()
                .mapToLong(WorkerRow::activePrefillTokens)
                .sum();
    }

    private void assertIdle() {
        assertThat(fixture.inspection().workers())
                .allMatch(row ->
                        row.activeRequests() == 0 && row.activePrefillTokens() == 0 && row.activeDecodeBlocks() == 0);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private WorkerRow busiest() {
        return fixture.inspection().workers().stream()
                .max(Comparator.comparingLong(WorkerRow::activeDecodeBlocks))
                .orElseThrow();
    }
}
