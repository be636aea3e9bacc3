package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Ints;
import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.kvepp.config.Options;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.ReserveRequest;
import io.kvepp.router.v1.ReserveResponse;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.Selection;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.testing.Capacities;
import io.kvepp.testing.ModelCards;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Reservations that wait for room.
class WaitingReservationTest {
    private static final List<Integer> PROMPT = Ints.asList(tokens(7, 4 * BLOCK));
    private static final long LIMIT_SECONDS = 20;

    private final SelectionFleet fleet = new SelectionFleet(
            QueueConfig.from(new Options(Map.of("router-queue-threshold", List.of("1")), Map.of())),
            Capacities.sized(ModelCards.aggregated(MODEL).on(1), 1000, PROMPT.size() - 1));
    private InProcessRouter router;

    @BeforeEach
    void start() throws Exception {
        router = new InProcessRouter(fleet);
        assertThat(answer(reserve("first")).getSelectionId()).isEqualTo("first");
    }

    @AfterEach
    void stop() {
        router.close();
    }

    @Test
    void itIsAnsweredWhenThereIsRoom() throws Exception {
        ListenableFuture<ReserveResponse> waits = reserve("waits");

        assertThat(waits.isDone()).isFalse();
        fleet.service.prefillCompleted("first");

        assertThat(answer(waits).hasDetails()).isTrue();
        assertThat(fleet.active.reservations()).isEqualTo(2);
    }

    @Test
    void whoCancelsLeavesNothingBehind() {
        ListenableFuture<ReserveResponse> waits = reserve("waits");

        assertThat(waits.cancel(true)).isTrue();
        fleet.service.free("first");

        assertThat(fleet.service.bookings()).isZero();
        assertThat(fleet.active.reservations()).isZero();
    }

    @Test
    void whoHasWaitedTooLongIsRefused() {
        ListenableFuture<ReserveResponse> waits = reserve("waits");
        fleet.nanos.addAndGet(Duration.ofSeconds(31).toNanos());

        fleet.queues.tick();

        assertThatThrownBy(() -> answer(waits))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .satisfies(fault ->
                        assertThat(Status.fromThrowable(fault).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    }

    private ListenableFuture<ReserveResponse> reserve(String id) {
        return RouterGrpc.newFutureStub(router.channel)
                .reserve(ReserveRequest.newBuilder()
                        .setSelectionId(id)
                        .setSelection(Selection.newBuilder()
                                .setPool(Pool.newBuilder().setModelName(MODEL))
                                .setPrompt(Prompt.newBuilder().addAllTokenIds(PROMPT)))
                        .build());
    }

    private static ReserveResponse answer(ListenableFuture<ReserveResponse> reservation) throws Exception {
        return reservation.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
}
