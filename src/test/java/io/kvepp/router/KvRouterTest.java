package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static io.kvepp.testing.ModelCards.worker;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where a request goes: every part behind [KvRouter#pick] is the real one.
class KvRouterTest {
    private static final String TEXT = "the answer to every question about the prefix cache ".repeat(12);

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards shared;
    private ModelCards prefilling;
    private ModelCards decoding;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        ModelFiles files = WarmUpModel.in(folder);
        shared = aggregated("m").files(files);
        prefilling = prefill("m").files(files);
        decoding = decode("m").files(files);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void anAggregatedPickGoesToTheLongestPrefix() {
        fixture.serve(shared.on(1), shared.on(2), shared.on(3));
        PickRequest request = fixture.chat("m", TEXT);
        int[] tokens = fixture.tokenIds(request, shared.card());
        fixture.hold(1, shared.card(), tokens, 1);
        fixture.hold(2, shared.card(), tokens, 4);
        fixture.hold(3, shared.card(), tokens, 2);

        assertThat(workers(fixture.route(request))).isEqualTo("2");
    }

    @Test
    void whereAPromptWentIsTold() {
        fixture.serve(shared.on(1));
        PickRequest request = fixture.chat("m", TEXT);
        int blocks = fixture.tokenIds(request, shared.card()).length
                / shared.card().cache().blockSizeTokens();
        fixture.route(request);

        assertThat(fixture.sent).containsExactly("1:0 " + blocks);
    }

    @Test
    void prefillAndDecodeWorkerBothGetThePromptInBlocksOfTheirOwn() {
        fixture.serve(prefilling.blocksOf(32).on(1), decoding.on(3));
        PickRequest request = fixture.chat("m", TEXT);
        int tokens = fixture.tokenIds(request, decoding.card()).length;
        fixture.route(request);

        assertThat(fixture.sent)
                .containsExactly(
                        "1:0 " + tokens / 32,
                        "3:0 " + tokens / decoding.card().cache().blockSizeTokens());
    }

    @Test
    void theRankThatHoldsThePrefixIsNamedToo() {
        ModelCards twoRanks = shared.ranks(0, 2);
        fixture.serve(twoRanks.on(-1));
        PickRequest request = fixture.chat("m", TEXT);
        fixture.hold(new WorkerWithDpRank(-1, 1), shared.card(), null, fixture.tokenIds(request, twoRanks.card()), 3);
        PickResult.Routed routed = fixture.route(request);

        assertThat(workers(routed)).isEqualTo("18446744073709551615");
        assertThat(RouterFixture.header(routed, "x-dynamo-dp-rank")).isEqualTo("1");
    }

    @Test
    void aDisaggregatedPickTakesThePrefillWorkerWithTheLongestPrefix() {
        fixture.serve(prefilling.on(1), prefilling.on(2), decoding.on(3));
        PickRequest request = fixture.chat("m", TEXT);
        int[] tokens = fixture.tokenIds(request, decoding.card());
        fixture.hold(1, shared.card(), tokens, 5);
        fixture.hold(2, shared.card(), tokens, 2);

        assertThat(workers(fixture.route(request))).isEqualTo("1+3");
        assertThat(fixture.active.reservations()).isEqualTo(2);
    }

    @Test
    void prefillWorkersWithBlocksOfAnotherSizeAreAskedWithTheirOwnHashes() {
        ModelCards wide = prefilling.blocksOf(32);
        fixture.serve(wide.on(1), wide.on(2), decoding.on(3));
        PickRequest request = fixture.chat("m", TEXT);
        int[] tokens = fixture.tokenIds(request, decoding.card());
        fixture.hold(1, decoding.card(), tokens, 6);
        fixture.hold(2, wide.card(), tokens, 1);

        assertThat(workers(fixture.route(request))).isEqualTo("2+3");
    }

    @Test
    void anAggregatedWorkerAnswersWhatAPrefillWorkerComputed() {
        fixture.serve(prefilling.on(1), shared.on(3));

        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+3");
    }

    @Test
    void decodeWorkersAloneComputeThePromptThemselves() {
        fixture.serve(decoding.on(3));

        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("3");
    }

    @Test
    void whenThePrefillWorkersLeaveTheDecodeWorkersTakeOverAndGiveBack() {
        fixture.serve(prefilling.on(1), decoding.on(3));
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+3");
        fixture.serve(decoding.on(3));
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("3");
        fixture.serve(prefilling.on(2), decoding.on(3));
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("2+3");
    }

    @Test
    void aLoraAdaptersPrefixesAreItsOwn() {
        ModelCards adapter = aggregated("tuned").lora("tuned").files(shared.files());
        fixture.serve(worker(1, shared, adapter), worker(2, shared, adapter));
        PickRequest request = fixture.chat("tuned", TEXT);
        int[] tokens = fixture.tokenIds(request, adapter.card());
        fixture.hold(1, shared.card(), tokens, 5);
        fixture.hold(2, adapter.card(), tokens, 2);

        assertThat(workers(fixture.route(request))).isEqualTo("2");
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1");
    }

    @Test
    void anAliasIsRoutedLikeItsModel() {
        fixture.serve(shared.alsoCalled("short").on(1));

        assertThat(workers(fixture.route(fixture.chat("short", TEXT)))).isEqualTo("1");
    }

    @ParameterizedTest(name = "tenant {0}, body salt {1} is cached as {2}")
    @CsvSource(
            nullValues = "-",
            value = {
                "-,   -,    -",
                "acme,-,    acme",
                "-,   body, body",
                "acme,body, acme",
                "'',  body, body",
            })
    void theTenantHeaderOrTheBodySaltsTheHashes(String tenant, String bodySalt, String cachedAs) {
        fixture.serve(shared.on(1), shared.on(2), shared.on(3), shared.on(4));
        String more = bodySalt == null ? "" : ",\"cache_salt\":\"" + bodySalt + "\"";
        String body = RouterFixture.chatBody("m", TEXT, more);
        PickRequest request = tenant == null
                ? fixture.post("/v1/chat/completions", body)
                : fixture.post("/v1/chat/completions", body, "x-tenant-id", tenant);
        int[] tokens = fixture.tokenIds(request, shared.card());
        fixture.hold(new WorkerWithDpRank(1, 0), shared.card(), null, tokens, 3);
        fixture.hold(new WorkerWithDpRank(2, 0), shared.card(), "acme", tokens, 3);
        fixture.hold(new WorkerWithDpRank(3, 0), shared.card(), "body", tokens, 3);

        String expected = cachedAs == null ? "1" : cachedAs.equals("acme") ? "2" : "3";
        assertThat(workers(fixture.route(request))).isEqualTo(expected);
    }

    @Test
    void theLastTenantHeaderThatIsNotEmptyCounts() {
        fixture.serve(shared.on(1), shared.on(2));
        PickRequest request =
                fixture.chat("m", TEXT, "x-tenant-id", "first", "x-tenant-id", " last ", "x-tenant-id", " ");
        int[] tokens = fixture.tokenIds(request, shared.card());
        fixture.hold(new WorkerWithDpRank(1, 0), shared.card(), "first", tokens, 5);
        fixture.hold(new WorkerWithDpRank(2, 0), shared.card(), "last", tokens, 2);

        assertThat(workers(fixture.route(request))).isEqualTo("2");
    }

    @Test
    void aMalformedBodyIsRefusedWithTheField() {
        fixture.serve(shared.on(1));

        assertThat(fixture.pick(
                        fixture.post("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MALFORMED,
                        "Failed to deserialize the JSON body into the target type: model: missing (expected: text)",
                        "model"));
        assertThat(fixture.pick(fixture.post("/v1/completions", "{\"model\":")))
                .isInstanceOfSatisfying(
                        PickResult.Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.MALFORMED));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void aModelNobodyEverServedIsNotFound() {
        fixture.serve(shared.on(1));

        assertThat(fixture.pick(fixture.chat("other", TEXT)))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MODEL_NOT_FOUND, "model: other (expected: one that is served)", "model"));
    }

    @Test
    void aModelWhoseWorkersLeftHasNoWorkers() {
        fixture.serve(shared.on(1), aggregated("n").on(2));
        fixture.serve(aggregated("n").on(2));

        assertNoWorkers(fixture.chat("m", TEXT));
    }

    @Test
    void beforeAnybodyWasSeenEveryModelMayStillCome() {
        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(RejectReason.NO_WORKERS, "no workers are ready", null));
    }

    @Test
    void prefillWorkersAloneServeNobody() {
        fixture.serve(prefilling.on(1));

        assertNoWorkers(fixture.chat("m", TEXT));
    }

    @Test
    void aFailureInsideIsAnAnswerAndBooksNothing() {
        fixture.serve(shared.on(1));
        fixture.whileParsing = () -> {
            throw new IllegalStateException("broken");
        };

        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(RejectReason.INTERNAL, "the decision failed", null));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void whatWasBookedIsGivenBackWhenTheAnswerCannotBeWritten() {
        fixture.serve(shared.on(1));
        fixture.onceBooked = () -> {
            throw new IllegalStateException("broken");
        };

        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(RejectReason.INTERNAL, "the decision failed", null));
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void aClientsRoutingHeadersAreRemoved() {
        fixture.serve(shared.on(1));

        assertThat(fixture.route(fixture.chat("m", TEXT, "x-worker-instance-id", "9"))
                        .headers()
                        .remove())
                .containsExactly("x-worker-instance-id");
    }

    @Test
    void aListingGoesToAFrontendWithoutAWorker() {
        PickRequest request = fixture.request("GET", "/v1/models", "", new byte[0], "x-dynamo-worker-instance-id", "9");
        PickResult.Routed routed = fixture.route(request);

        assertThat(routed.endpoint()).isEqualTo(RouterFixture.FRONTENDS.getFirst());
        assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
        assertThat(routed.headers().set()).isEmpty();
        assertThat(routed.headers().remove()).containsExactly("x-dynamo-worker-instance-id");
        assertThat(fixture.active.reservations()).isZero();
        routed.lifecycle().responseHeaders(200, "application/json");
        routed.lifecycle().completed();
    }

    private void assertNoWorkers(PickRequest request) {
        assertThat(fixture.pick(request))
                .isEqualTo(
                        new PickResult.Rejected(RejectReason.NO_WORKERS, "model: m: no worker serves it now", "model"));
    }
}
