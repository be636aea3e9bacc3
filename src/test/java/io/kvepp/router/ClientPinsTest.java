package io.kvepp.router;

import static io.kvepp.router.RouterFixture.header;
import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Workers that a client names are dropped, used as they are, or refused; never replaced.
class ClientPinsTest {
    private static final String WORKER = "x-dynamo-worker-instance-id";
    private static final int[] TOKENS = new int[64];

    @TempDir
    Path folder;

    private ModelCards cards;
    private RouterFixture fixture;

    @BeforeEach
    void model() throws IOException {
        cards = aggregated("m").files(WarmUpModel.in(folder));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void pinsAreDroppedUnlessConfigured() {
        serveAggregated(PinPolicy.DROP);

        assertThat(workers(fixture.route(ids("", WORKER, "1")))).isEqualTo("2");
        assertThat(workers(fixture.route(ids(",\"nvext\":{\"decode_worker_id\":1,\"dp_rank\":7}"))))
                .isEqualTo("2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "x-dynamo-worker-instance-id; 1; ''; 1",
                "x-worker-instance-id; 1; ''; 1",
                "x-none; 0; \"backend_instance_id\":1; 1",
                "x-none; 0; \"decode_worker_id\":1,\"backend_instance_id\":2; 1",
                "x-dynamo-worker-instance-id; 1; \"decode_worker_id\":2; 1",
                "x-none; 0; ''; 2"
            })
    void anHonouredPinIsUsedAsItIsAndHeadersBeatTheBody(String name, String value, String nvext, String worker) {
        serveAggregated(PinPolicy.HONOUR);

        assertThat(workers(fixture.route(ids(",\"nvext\":{" + nvext + "}", name, value))))
                .isEqualTo(worker);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "x-dynamo-worker-instance-id; 9; decode_worker_id: no such rank (expected: one that answers requests"
                        + " for the model)",
                "x-dynamo-worker-instance-id; 0x1; x-dynamo-worker-instance-id: no number (expected: an unsigned"
                        + " decimal)",
                "x-worker-instance-id; ' 1'; x-worker-instance-id: no number (expected: an unsigned decimal)",
                "x-dynamo-dp-rank; 0; dp_rank: given alone (expected: with a worker's id)",
                "x-dynamo-dp-rank; 4294967295; dp_rank: given alone (expected: with a worker's id)",
                "x-dynamo-prefill-instance-id; 1; prefill_worker_id: no such rank (expected: a prefill worker of the"
                        + " model)",
                "x-prefill-dp-rank; 4294967296; x-prefill-dp-rank: no number (expected: an unsigned decimal)"
            })
    void aPinThatCannotBeUsedIsRefused(String name, String value, String message) {
        serveAggregated(PinPolicy.HONOUR);

        assertThat(fixture.pick(ids("", name, value)))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MALFORMED, message, message.substring(0, message.indexOf(':'))));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void aRankOfSeveralIsPinnedOrChosen() {
        fixture = RouterFixture.withPins(folder, PinPolicy.HONOUR);
        fixture.serve(cards.ranks(0, 3).on(1), cards.on(2));

        assertThat(header(fixture.route(ids("", WORKER, "1", "x-dynamo-dp-rank", "2")), "x-dynamo-dp-rank"))
                .isEqualTo("2");
        assertThat(workers(fixture.route(ids("", WORKER, "1")))).isEqualTo("1");
        assertThat(fixture.pick(ids("", WORKER, "1", "x-dynamo-dp-rank", "3"))).isInstanceOf(PickResult.Rejected.class);
        // Stands for none as the rank of a prefill worker only.
        assertThat(fixture.pick(ids("", WORKER, "1", "x-dynamo-dp-rank", "4294967295")))
                .isInstanceOf(PickResult.Rejected.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"prefill_worker_id\":1,\"decode_worker_id\":3; 1+3",
                "\"prefill_worker_id\":1,\"decode_worker_id\":3,\"prefill_dp_rank\":4294967295; 1+3",
                "\"prefill_worker_id\":1,\"backend_instance_id\":3; 1+3",
                "\"backend_instance_id\":3; 2+3",
                "\"backend_instance_id\":1,\"decode_worker_id\":3; 1+3"
            })
    void bothRolesArePinnedEachByItsOwnIdOrThatOfEither(String nvext, String chosen) {
        serveDisaggregated();

        assertThat(workers(fixture.route(ids(",\"nvext\":{" + nvext + "}")))).isEqualTo(chosen);
    }

    @Test
    void theRolesAreNotSwapped() {
        serveDisaggregated();

        assertThat(fixture.pick(ids(",\"nvext\":{\"prefill_worker_id\":3,\"decode_worker_id\":1}")))
                .isInstanceOf(PickResult.Rejected.class);
        assertThat(fixture.pick(ids("", WORKER, "1"))).isInstanceOf(PickResult.Rejected.class);
    }

    @Test
    void aPinnedWorkerThatLacksARequiredTaintIsRefused() {
        serveAggregated(PinPolicy.HONOUR);

        assertThat(fixture.pick(ids(",\"nvext\":{\"routing_constraints\":{\"required_taints\":[\"x\"]}}", WORKER, "1")))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "x-dynamo-worker-instance-id; ''; x-dynamo-worker-instance-id",
                "x-data-parallel-rank; ''; x-data-parallel-rank",
                "x-none; \"backend_instance_id\":2; backend_instance_id",
                "x-none; \"decode_worker_id\":2; decode_worker_id",
                "x-none; \"prefill_worker_id\":2; prefill_worker_id",
                "x-none; \"dp_rank\":0; dp_rank",
                "x-none; \"prefill_dp_rank\":0; prefill_dp_rank"
            })
    void anyPinIsRefusedWhereClientsDoNotChoose(String name, String nvext, String field) {
        serveAggregated(PinPolicy.REFUSE);

        assertThat(fixture.pick(ids(",\"nvext\":{" + nvext + "}", name, "2")))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MALFORMED,
                        field + ": given (expected: none: clients do not choose workers here)",
                        field));
        assertThat(workers(fixture.route(ids("")))).isEqualTo("2");
    }

    /// Worker 2 holds the prompt.
    private void serveAggregated(PinPolicy pins) {
        fixture = RouterFixture.withPins(folder, pins);
        fixture.serve(cards.on(1), cards.on(2));
        fixture.hold(2, cards.card(), TOKENS, 4);
    }

    /// Prefill worker 2 holds the prompt.
    private void serveDisaggregated() {
        fixture = RouterFixture.withPins(folder, PinPolicy.HONOUR);
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                prefill("m").files(cards.files()).on(2),
                decode("m").files(cards.files()).on(3),
                decode("m").files(cards.files()).on(4));
        fixture.hold(2, cards.card(), TOKENS, 4);
    }

    private PickRequest ids(String more, String... headers) {
        return fixture.post(
                "/v1/completions", "{\"model\":\"m\",\"prompt\":" + Arrays.toString(TOKENS) + more + "}", headers);
    }
}
