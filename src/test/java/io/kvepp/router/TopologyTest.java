package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.KvTransfer.Enforcement;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The decode worker is one that the prefill worker can hand its KV cache to.
class TopologyTest {
    private static final String TEXT = "a question that fills more than one block of tokens, again and again";

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
    void aRequiredDomainMatches() {
        fixture.serve(prefill(1, "b", Enforcement.REQUIRED, null), decode(2, "a"), decode(3, "b"), decode(4, "a"));

        for (int i = 0; i < 5; i++) {
            assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+3");
        }
    }

    @Test
    void aRequiredDomainThatNobodyHasFailsClosed() {
        fixture.serve(prefill(1, "c", Enforcement.REQUIRED, null), decode(2, "a"), decode(3, "b"));

        assertThat(fixture.pick(fixture.chat("m", TEXT)))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.NO_WORKERS, "no decode worker is in reach of a prefill worker", null));
        assertThat(fixture.inspection().bookings()).isZero();
    }

    @Test
    void aPrefillWorkerThatNoDecodeWorkerIsInReachOfGetsNoRequests() {
        Worker stranded = prefill(1, "c", Enforcement.REQUIRED, null);
        fixture.serve(stranded, prefill(5, "a", Enforcement.REQUIRED, null), decode(2, "a"));
        var request = fixture.chat("m", TEXT);
        fixture.hold(1, stranded.baseCard(), fixture.tokenIds(request, stranded.baseCard()), 2);

        assertThat(workers(fixture.route(request))).isEqualTo("5+2");
    }

    @Test
    void aPreferredDomainBiasesAndDoesNotExclude() {
        fixture.serve(prefill(1, "b", Enforcement.PREFERRED, 1f), decode(2, "a"), decode(3, "b"));

        List<String> pairs = List.of(
                workers(fixture.route(fixture.chat("m", TEXT))),
                workers(fixture.route(fixture.chat("m", TEXT))),
                workers(fixture.route(fixture.chat("m", TEXT))));
        assertThat(pairs)
                .as("the busier the nearer one is, the less it matters")
                .contains("1+3", "1+2");
        assertThat(pairs.getFirst()).isEqualTo("1+3");
    }

    @Test
    void withoutADomainAnyDecodeWorkerWillDo() {
        Worker anywhere = withTransfer(1, new KvTransfer(Map.of("zone", "b"), null, Enforcement.REQUIRED, null));
        fixture.serve(anywhere, decode(2, "a"));

        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("1+2");
    }

    @ParameterizedTest(name = "value {0}, enforcement {1}, weight {2}")
    @CsvSource({", REQUIRED, ", ", PREFERRED, 0.5", "a, , 0.5", "a, PREFERRED, "})
    void missingMetadataFailsClosed(@Nullable String value, @Nullable Enforcement enforcement, @Nullable Float weight) {
        Map<String, String> domains = value == null ? Map.of() : Map.of("zone", value);
        Worker broken = withTransfer(1, new KvTransfer(domains, "zone", enforcement, weight));
        fixture.serve(broken, decode(2, "a"));
        assertThat(fixture.pick(fixture.chat("m", TEXT))).isInstanceOf(PickResult.Rejected.class);

        fixture.serve(broken, prefill(5, "a", Enforcement.REQUIRED, null), decode(2, "a"));
        assertThat(workers(fixture.route(fixture.chat("m", TEXT)))).isEqualTo("5+2");
    }

    @Test
    void theRequestsOwnConstraintsAndThoseOfThePrefillWorkerBothHold() {
        fixture.serve(
                prefill(1, "b", Enforcement.REQUIRED, null, "gpu"),
                decode(2, "a", "gpu"),
                decode(3, "b"),
                decode(4, "b", "gpu"));
        String body = RouterFixture.chatBody(
                "m", TEXT, ",\"nvext\":{\"routing_constraints\":{\"required_taints\":[\"gpu\"]}}");

        assertThat(workers(fixture.route(fixture.post("/v1/chat/completions", body))))
                .isEqualTo("1+4");
    }

    private Worker prefill(long id, String zone, Enforcement enforcement, @Nullable Float weight, String... taints) {
        return withTransfer(id, new KvTransfer(Map.of("zone", zone), "zone", enforcement, weight), taints);
    }

    private Worker withTransfer(long id, KvTransfer transfer, String... taints) {
        return ModelCards.prefill("m")
                .files(files)
                .taints(taints)
                .transfer(transfer)
                .on(id);
    }

    /// A decode worker that says of itself where it stands.
    private Worker decode(long id, String zone, String... more) {
        List<String> taints = new ArrayList<>(List.of(more));
        taints.add("dynamo.topology/zone=" + zone);
        return ModelCards.decode("m")
                .files(files)
                .taints(taints.toArray(String[]::new))
                .on(id);
    }
}
