package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A decision that nobody hears of, or that is out of date when it is made, leaves no trace.
class WithdrawnPickTest {
    private static final int[] LARGE = new int[4096];
    private static final String SESSION = "x-dynamo-session-id";

    @TempDir
    Path folder;

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
    void aPickCancelledAfterItsBookingFreesItAndTakesBackWhatItTold() {
        List<PickResult> results = new ArrayList<>();
        AtomicReference<PickHandle> handle = new AtomicReference<>();
        fixture.onceBooked = () -> {
            assertThat(fixture.active.reservations()).isEqualTo(1);
            assertThat(fixture.sent).hasSize(1);
            assertThat(fixture.sessions.bound()).isEqualTo(1);
            handle.get().cancel();
        };
        handle.set(fixture.router().pick(ids(LARGE, SESSION, "s"), results::add));
        fixture.pickTasks.remove().run();

        assertThat(results).isEmpty();
        assertNoTrace();
    }

    @Test
    void bothWorkersOfACancelledPickAreFreed() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                decode("m").files(cards.files()).on(2));
        AtomicReference<PickHandle> handle = new AtomicReference<>();
        fixture.onceBooked = () -> {
            assertThat(fixture.active.reservations()).isEqualTo(2);
            assertThat(fixture.sent).hasSize(2);
            handle.get().cancel();
        };
        handle.set(fixture.router().pick(ids(LARGE), _ -> {}));
        fixture.pickTasks.remove().run();

        assertNoTrace();
    }

    @Test
    void aWithdrawnRequestGivesItsFrontendBackToo() {
        PickResult.Routed routed = fixture.route(ids(new int[64]));
        routed.lifecycle().withdrawn();
        routed.lifecycle().completed();
        routed.lifecycle().withdrawn();

        assertNoTrace();
        assertThat(List.of(
                        fixture.route(ids(new int[64])).endpoint(),
                        fixture.route(ids(new int[64])).endpoint()))
                .containsExactlyInAnyOrderElementsOf(RouterFixture.FRONTENDS);
    }

    @Test
    void anEndedRequestKeepsWhatItTold() {
        PickResult.Routed routed = fixture.route(ids(new int[64]));
        routed.lifecycle().completed();
        routed.lifecycle().withdrawn();

        assertThat(fixture.sent).hasSize(1);
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void whenTheChosenWorkerLeavesMeanwhileAnotherIsChosen() {
        fixture.hold(1, cards.card(), new int[64], 4);
        fixture.onceBooked = () -> {
            fixture.onceBooked = () -> {};
            fixture.announce(cards.on(2));
        };

        PickResult.Routed routed = fixture.route(ids(new int[64]));

        assertThat(workers(routed)).isEqualTo("2");
        assertThat(fixture.active.reservations()).isEqualTo(1);
        assertThat(fixture.sent).containsExactly("2:0 4");
    }

    @Test
    void whenAnotherWorkerLeavesTheChoiceStands() {
        fixture.hold(1, cards.card(), new int[64], 4);
        fixture.onceBooked = () -> fixture.announce(cards.on(1));

        assertThat(workers(fixture.route(ids(new int[64])))).isEqualTo("1");
        assertThat(fixture.lookups).isEqualTo(1);
    }

    @Test
    void whenAllWorkersLeaveTheRequestIsRefused() {
        fixture.onceBooked = fixture::announce;

        assertThat(fixture.pick(ids(new int[64])))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.NO_WORKERS,
                        "model: its last worker left (expected: one that serves it)",
                        "model"));
        assertNoTrace();
    }

    @Test
    void aFleetThatKeepsChangingIsChosenFromAFewTimesOnly() {
        int[] changes = {0};
        fixture.onceBooked = () -> fixture.announce(cards.on(100 + ++changes[0]));

        assertThat(fixture.pick(ids(new int[64]))).isInstanceOf(PickResult.Routed.class);
        assertThat(changes[0]).isEqualTo(4);
        assertThat(fixture.active.reservations()).isEqualTo(1);
    }

    @Test
    void aWorkerThatCameWhileThePromptWasReadMayBeChosen() {
        fixture.serve(cards.on(1));
        fixture.hold(1, cards.card(), new int[64], 1);
        fixture.whileParsing = () -> fixture.announce(cards.on(5));

        assertThat(workers(fixture.route(ids(new int[64])))).isEqualTo("5");
    }

    @Test
    void bothRolesAreChosenWithOneLookUp() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                decode("m").files(cards.files()).on(2));
        fixture.route(ids(new int[64]));

        assertThat(fixture.lookups).isEqualTo(1);
        assertThat(fixture.recycled).isEqualTo(1);
    }

    private void assertNoTrace() {
        assertThat(fixture.active.reservations()).isZero();
        assertThat(fixture.inspection().workers())
                .allMatch(row ->
                        row.activeRequests() == 0 && row.activePrefillTokens() == 0 && row.activeDecodeBlocks() == 0);
        assertThat(fixture.sent).isEmpty();
        assertThat(fixture.sessions.bound()).isZero();
    }

    private PickRequest ids(int[] tokenIds, String... headers) {
        return fixture.post(
                "/v1/completions", "{\"model\":\"m\",\"prompt\":" + Arrays.toString(tokenIds) + "}", headers);
    }
}
