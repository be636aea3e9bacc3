package io.kvepp.routerservice;

import static io.kvepp.routerservice.testing.SelectionFleet.BLOCK;
import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static io.kvepp.routerservice.testing.SelectionFleet.asking;
import static io.kvepp.routerservice.testing.SelectionFleet.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.testing.Capacities;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Selections that wait for room.
class QueuedSelectionTest {
    private static final int[] PROMPT = tokens(7, 4 * BLOCK);
    private static final Worker WORKER = worker(1);

    private final SelectionFleet fleet = new SelectionFleet(
            QueueConfig.from(new Options(Map.of("router-queue-threshold", List.of("1")), Map.of())), WORKER);
    private final List<Answer<Selected>> answers = new ArrayList<>();

    @Test
    void aRequestWaitsUntilThereIsRoomAndIsBookedThen() {
        fill();

        ask("waits");
        assertThat(answers).isEmpty();
        assertThat(fleet.service.loads().getFirst().waiting()).isOne();
        assertThat(fleet.service.loads().getFirst().waitingPromptTokens()).isEqualTo(PROMPT.length);
        fleet.service.prefillCompleted("first");

        assertThat(answers).singleElement().isInstanceOf(Given.class);
        assertThat(fleet.active.reservations()).isEqualTo(2);
        assertThat(fleet.service.free("waits")).isTrue();
    }

    @Test
    void anIdIsInUseWhileItsRequestWaits() {
        fill();
        ask("waits");

        ask("waits");

        assertThat(reasons()).containsExactly(Reason.DUPLICATE);
        assertThat(fleet.service.free("waits")).as("nothing is booked yet").isFalse();
    }

    @Test
    void whoIsCancelledWhileWaitingLeavesNothingBehind() {
        fill();
        Runnable cancel = ask("waits");

        cancel.run();
        fleet.service.free("first");

        assertThat(answers).isEmpty();
        assertThat(fleet.service.bookings()).isZero();
        assertThat(fleet.active.reservations()).isZero();
    }

    @Test
    void aCancellationAfterTheAnswerChangesNothing() {
        Runnable cancel = ask("r");

        cancel.run();

        assertThat(fleet.active.reservations()).isOne();
        assertThat(fleet.service.free("r")).isTrue();
    }

    @Test
    void whoHasWaitedTooLongIsRefusedAndItsIdIsFree() {
        fill();
        ask("waits");
        fleet.nanos.addAndGet(Duration.ofSeconds(31).toNanos());

        fleet.queues.tick();

        assertThat(reasons()).containsExactly(Reason.OVERLOADED);
        fleet.service.free("first");
        ask("waits");
        assertThat(answers.getLast()).isInstanceOf(Given.class);
    }

    @Test
    void whoWaitsIsAskedAgainWhenTheWorkersChange() {
        fill();
        ask("waits");

        fleet.serve(WORKER, worker(2));

        assertThat(answers)
                .singleElement()
                .isInstanceOfSatisfying(
                        Given.class,
                        given -> assertThat(((Selected) given.value())
                                        .chosen()
                                        .worker()
                                        .workerId())
                                .isEqualTo(2));
    }

    @Test
    void whoWaitsIsRefusedWhenTheLastWorkerLeaves() {
        fill();
        ask("waits");

        fleet.serve();

        assertThat(reasons()).containsExactly(Reason.NO_WORKERS);
    }

    @Test
    void idsInUseAreNotMoreThanTheLimit() {
        Bookings bookings = new Bookings(1, Duration.ofSeconds(1), fleet.nanos::get);
        assertThat(bookings.claim("a")).isInstanceOf(Bookings.Claim.Claimed.class);

        assertThat(bookings.claim("b")).isInstanceOf(Bookings.Claim.Full.class);
        assertThat(bookings.claim("a")).isInstanceOf(Bookings.Claim.InUse.class);
    }

    private static Worker worker(long id) {
        return Capacities.sized(ModelCards.aggregated(MODEL).on(id), 1000, PROMPT.length - 1);
    }

    /// The worker has more to compute than it does in one step.
    private void fill() {
        assertThat(fleet.book("first", asking(PROMPT))).isInstanceOf(Given.class);
    }

    private Runnable ask(String id) {
        return fleet.service.selectAndBook(id, asking(PROMPT), answers::add);
    }

    private List<Reason> reasons() {
        return answers.stream()
                .map(answer -> ((Refused<Selected>) answer).reason())
                .toList();
    }
}
