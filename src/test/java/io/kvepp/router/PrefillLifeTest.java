package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What requests meet while prefill workers come and go: the reference cases of Dynamo's
/// PrefillRouter that concern a decision.
class PrefillLifeTest {
    private static final String TEXT = "a question that fills more than one block of tokens, again and again";

    @TempDir
    Path folder;

    private RouterFixture relaxed;
    private RouterFixture enforced;
    private Worker prefill;
    private Worker decode;

    @BeforeEach
    void create() throws IOException {
        relaxed = new RouterFixture(folder);
        enforced = RouterFixture.enforcingDisagg(folder);
        ModelFiles files = WarmUpModel.in(folder);
        prefill = ModelCards.prefill("m").files(files).on(1);
        decode = ModelCards.decode("m").files(files).on(2);
    }

    @AfterEach
    void close() {
        relaxed.close();
        enforced.close();
    }

    @Test
    void enforcedAndNeverActivatedCannotServe() {
        enforced.serve(decode);

        assertThat(enforced.pick(enforced.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "model: m: no prefill worker serves it now", "model"));
        assertThat(enforced.router().servesAll()).isFalse();
        assertThat(enforced.inspection().bookings()).isZero();
    }

    @Test
    void reactivatingWithoutEverActivatingStillCannotServe() {
        enforced.serve();
        enforced.serve(decode);
        enforced.serve();
        enforced.serve(decode);

        assertThat(enforced.pick(enforced.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);
        assertThat(enforced.router().servesAll()).isFalse();
    }

    @Test
    void enforcedAndDeactivatedCannotServe() {
        enforced.serve(prefill, decode);
        enforced.serve(decode);

        assertThat(enforced.pick(enforced.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);
    }

    @Test
    void enforcedHoldsForRequestsNobodyReadToo() {
        enforced.announce(decode);

        assertThat(enforced.pick(enforced.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);
    }

    @Test
    void notEnforcedPassesThroughToDecodeBeforeActivationAndAfterDeactivation() {
        relaxed.serve(decode);
        assertThat(workers(relaxed.route(relaxed.chat("m", TEXT)))).isEqualTo("2");

        relaxed.serve(prefill, decode);
        assertThat(workers(relaxed.route(relaxed.chat("m", TEXT)))).isEqualTo("1+2");

        relaxed.serve(decode);
        assertThat(workers(relaxed.route(relaxed.chat("m", TEXT)))).isEqualTo("2");
        assertThat(relaxed.router().servesAll()).isTrue();
    }

    @Test
    void reactivationClearsDeactivation() {
        enforced.serve(prefill, decode);
        enforced.serve(decode);
        enforced.serve(prefill, decode);

        assertThat(workers(enforced.route(enforced.chat("m", TEXT)))).isEqualTo("1+2");
        assertThat(enforced.router().servesAll()).isTrue();
    }

    @Test
    void deactivatingTwiceIsDeactivatingOnce() {
        enforced.serve(prefill, decode);
        enforced.serve(decode);
        enforced.serve(decode);
        assertThat(enforced.pick(enforced.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);

        enforced.serve(prefill, decode);
        assertThat(workers(enforced.route(enforced.chat("m", TEXT)))).isEqualTo("1+2");
    }

    @Test
    void aPoolThatComesBackUnderAnotherEndpointServesAgain() {
        enforced.serve(prefill, decode);
        enforced.serve(decode);
        EndpointId renamed = new EndpointId("dynamo-v2", "prefill-b", "generate");
        enforced.serve(new Worker(7, renamed, prefill.cards()), decode);

        assertThat(workers(enforced.route(enforced.chat("m", TEXT)))).isEqualTo("7+2");
    }

    @Test
    void bothEndpointsServeDuringARollingUpdate() {
        Worker next = new Worker(7, new EndpointId("dynamo-v2", "prefill", "generate"), prefill.cards());
        enforced.serve(prefill, next, decode);

        List<String> pairs = List.of(
                workers(enforced.route(enforced.chat("m", TEXT))), workers(enforced.route(enforced.chat("m", "b"))));

        assertThat(pairs).as("the first request keeps one busy").containsExactlyInAnyOrder("1+2", "7+2");
    }

    @Test
    void anyStartOrderEndsDisaggregated() {
        List<List<Worker>> orders = List.of(List.of(prefill, decode), List.of(decode, prefill));
        for (List<Worker> order : orders) {
            try (RouterFixture fixture = RouterFixture.enforcingDisagg(folder)) {
                fixture.serve(order.getFirst());
                assertThat(fixture.pick(fixture.chat("m", TEXT)))
                        .as("after %s", order.getFirst())
                        .isInstanceOf(PickResult.Rejected.class);
                assertThat(fixture.router().servesAll()).isFalse();

                fixture.serve(order.toArray(Worker[]::new));
                assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+2");
                assertThat(fixture.router().servesAll()).isTrue();
            }
        }
    }
}
