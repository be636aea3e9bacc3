package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.KvTransfer;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which decode worker takes over what a prefill worker has computed.
class GenerateDecodeChoiceTest extends RouterFixture {
    private static final String ZONE_A = "dynamo.topology/zone=a";
    private static final int REQUESTS = 8;

    private Worker prefillOfZoneA(KvTransfer.Enforcement enforcement, @Nullable Float weight) throws IOException {
        KvTransfer transfer = new KvTransfer(Map.of("zone", "a"), "zone", enforcement, weight);
        ModelCards card = PREFILL_CARD.taints("gpu").transfer(transfer);
        return engine(2, FakeEngine::prefill).worker(card, PREFILL);
    }

    private FakeEngine decode(long id) throws IOException {
        return engine(id, FakeEngine::generate);
    }

    private static Worker worker(FakeEngine engine, String... taints) {
        return engine.worker(DECODE_CARD.taints(taints), BACKEND);
    }

    private static byte[] constraints(String name, byte[] value) {
        Fields constraints = Fields.none().put(name, value);
        return Fields.none().put("routing_constraints", constraints.toBytes()).toBytes();
    }

    private static byte[] requiringGpu() {
        return constraints(
                "required_taints", new MsgpackWriter().array(1).string("gpu").toBytes());
    }

    /// prefill-router 5.11: both are kept.
    @Test
    void whatTheRequestAndThePrefillWorkersTopologyRequireHoldsTogether() throws Exception {
        FakeEngine zone = decode(3);
        FakeEngine gpu = decode(4);
        FakeEngine both = decode(5);
        start(
                prefillOfZoneA(KvTransfer.Enforcement.REQUIRED, null),
                worker(zone, ZONE_A),
                worker(gpu, "gpu", "dynamo.topology/zone=b"),
                worker(both, "gpu", ZONE_A));
        for (int i = 0; i < REQUESTS; i++) {
            assertThat(tokensOf(call("generate", request(1, "routing", requiringGpu()))))
                    .containsExactly(1);
        }
        assertThat(both.received).hasSize(REQUESTS);
        assertThat(zone.received).isEmpty();
        assertThat(gpu.received).isEmpty();
    }

    @Test
    void whereNobodyHasWhatBothRequireNothingRuns() throws Exception {
        FakeEngine zone = decode(3);
        FakeEngine gpu = decode(4);
        start(prefillOfZoneA(KvTransfer.Enforcement.REQUIRED, null), worker(zone, ZONE_A), worker(gpu, "gpu"));
        assertThat(errorOf(call("generate", request(1, "routing", requiringGpu())))
                        .type())
                .isEqualTo("Unavailable");
        assertThat(engines).allSatisfy(engine -> assertThat(engine.received).isEmpty());
        awaitNothingBooked();
    }

    @Test
    void whatTheRequestAndThePrefillWorkersTopologyPreferAddsUp() throws Exception {
        FakeEngine zone = decode(3);
        FakeEngine fast = decode(4);
        FakeEngine both = decode(5);
        Worker prefill = prefillOfZoneA(KvTransfer.Enforcement.PREFERRED, 0.4F);
        start(prefill, worker(zone, ZONE_A), worker(fast, "fast"), worker(both, "fast", ZONE_A));
        byte[] weights = new MsgpackWriter().map(1).string("fast").decimal(0.4).toBytes();
        byte[] preferringFast = constraints("preferred_taints", weights);
        for (int i = 0; i < REQUESTS; i++) {
            call("generate", request(1, "routing", preferringFast));
        }
        assertThat(both.received).hasSize(REQUESTS);

        serve(prefill, worker(decode(6)));
        assertThat(tokensOf(call("generate", request(1, "routing", preferringFast))))
                .as("nobody who is preferred")
                .containsExactly(1);
    }

    /// The first holds the prompt and has one block more in use than the second.
    private void startWithAHolderThatIsBusier(FakeEngine holder, FakeEngine idle) throws IOException {
        start(worker(holder), worker(idle));
        fleet.hold(holder.id, PROMPT, 2);
        SelectionRequest asking = SelectionFleet.asking(SelectionFleet.tokens(900, 17));
        SelectionRequest pinned = new SelectionRequest(
                asking.pool(),
                asking.prompt(),
                SchedulingOverride.NONE,
                new RoutingConstraints(Set.of(holder.id), Set.of(), Map.of()),
                null,
                null,
                null,
                0,
                SelectionRequest.Priority.NONE);
        assertThat(fleet.book("other", pinned)).isInstanceOf(Given.class);
        assertThat(fleet.service.prefillCompleted("other")).isTrue();
    }

    /// prefill-router 5.12: overlap counts for nothing.
    @Test
    void behindAPrefillWorkerItIsTheLoadOfADecodeWorkerThatCountsAndNotWhatItHolds() throws Exception {
        FakeEngine holder = decode(3);
        FakeEngine idle = decode(4);
        startWithAHolderThatIsBusier(holder, idle);
        call("generate", request(1));
        assertThat(holder.received).as("without a prefill worker").hasSize(1);

        serve(worker(holder), worker(idle), engine(2, FakeEngine::prefill).worker(PREFILL_CARD, PREFILL));
        for (int i = 0; i < REQUESTS; i++) {
            call("generate", request(1));
        }
        assertThat(holder.received).hasSize(1);
        assertThat(idle.received).hasSize(REQUESTS);
    }

    /// prefill-router 5.12: the request's own temperature survives.
    @Test
    void behindAPrefillWorkerARequestKeepsItsTemperature() throws Exception {
        FakeEngine holder = decode(3);
        FakeEngine idle = decode(4);
        startWithAHolderThatIsBusier(holder, idle);
        serve(worker(holder), worker(idle), engine(2, FakeEngine::prefill).worker(PREFILL_CARD, PREFILL));
        byte[] hot = new MsgpackWriter()
                .map(1)
                .string("router_temperature")
                .decimal(50)
                .toBytes();
        for (int i = 0; i < 4 * REQUESTS; i++) {
            call("generate", request(1, "router_config_override", hot));
        }
        assertThat(holder.received).isNotEmpty();
        assertThat(idle.received).isNotEmpty();
    }
}
