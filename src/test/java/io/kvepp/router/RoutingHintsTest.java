package io.kvepp.router;

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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a request itself says of its routing is heard.
class RoutingHintsTest {
    private static final int[] TOKENS = new int[64];

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        cards = aggregated("m").files(WarmUpModel.in(folder));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aRequiredTaintBeatsACache() {
        fixture.serve(cards.on(1), cards.taints("zone=b").on(2));
        fixture.hold(1, cards.card(), TOKENS, 4);

        assertThat(workers(fixture.route(ids("")))).isEqualTo("1");
        assertThat(workers(fixture.route(ids(constraints("\"required_taints\":[\"zone=b\"]")))))
                .isEqualTo("2");
    }

    @Test
    void aRequiredTaintNobodyHasIsRefused() {
        fixture.serve(cards.on(1));

        assertThat(fixture.pick(ids(constraints("\"required_taints\":[\"zone=b\"]"))))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.NO_WORKERS,
                        "no worker has the taints that the request requires",
                        "nvext.routing_constraints.required_taints"));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void taintsAreRequiredOfBothRoles() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                prefill("m").files(cards.files()).taints("zone=b").on(2),
                decode("m").files(cards.files()).on(3),
                decode("m").files(cards.files()).taints("zone=b").on(4));
        fixture.hold(1, cards.card(), TOKENS, 4);

        assertThat(workers(fixture.route(ids(constraints("\"required_taints\":[\"zone=b\"]")))))
                .isEqualTo("2+4");
    }

    @Test
    void aPrefillWorkerWithTheTaintMustBeThereToo() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                decode("m").files(cards.files()).taints("zone=b").on(4));

        assertThat(fixture.pick(ids(constraints("\"required_taints\":[\"zone=b\"]"))))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.message())
                                .isEqualTo("no prefill worker has the taints that the request requires"));
    }

    @Test
    void aPreferredTaintDecidesWhereCostsAreNear() {
        fixture.serve(cards.on(1), cards.taints("ssd").on(2));
        fixture.hold(1, cards.card(), TOKENS, 1);

        assertThat(workers(fixture.route(ids("")))).isEqualTo("1");
        fixture.nanos.addAndGet(1);
        assertThat(workers(fixture.route(ids(constraints("\"preferred_taints\":{\"ssd\":2}")))))
                .isEqualTo("2");
    }

    @Test
    void outputOfAKnownLengthWeighsLessTowardsItsEnd() {
        fixture.serve(cards.on(1));
        PickResult.Routed routed = fixture.route(ids(",\"nvext\":{\"agent_hints\":{\"osl\":64}}"));
        routed.lifecycle().responseHeaders(200, "text/event-stream");
        String event = "data: {\"choices\":[{\"text\":\"a\"}]}\n\n";
        routed.lifecycle().responseBody(ByteBuffer.wrap(event.repeat(32).getBytes(StandardCharsets.UTF_8)), false);

        // 32 of 64 tokens: two blocks of output and the four of the prompt weigh one half each
        assertThat(fixture.inspection().workers().getFirst().activeDecodeBlocks())
                .isEqualTo(3);
    }

    private static String constraints(String members) {
        return ",\"nvext\":{\"routing_constraints\":{" + members + "}}";
    }

    private PickRequest ids(String more) {
        return fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":" + Arrays.toString(TOKENS) + more + "}");
    }
}
