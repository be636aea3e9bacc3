package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.requestplane.OutgoingRequest;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.requestplane.TcpRequestPlaneServer;
import io.kvepp.requestplane.TcpRequestServerConfig;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ConfigChecks;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/// The router's endpoints before workers of the test, with everything real between them.
@Timeout(30)
abstract class RouterFixture {
    static final Duration LONG = Duration.ofSeconds(20);
    static final String BACKEND = "backend";
    static final String PREFILL = "prefill";
    static final ModelCards DECODE_CARD = ModelCards.decode(SelectionFleet.MODEL);
    static final ModelCards PREFILL_CARD = ModelCards.prefill(SelectionFleet.MODEL);
    static final ModelCards AGGREGATED_CARD = ModelCards.aggregated(SelectionFleet.MODEL);
    static final long RANDOM = 123_456_789;
    static final int[] PROMPT = SelectionFleet.tokens(100, 40);

    final List<FakeEngine> engines = new ArrayList<>();
    final SelectionFleet fleet;
    final Map<EndpointId, String> announced = new ConcurrentHashMap<>();
    final Map<EndpointId, String> models = new ConcurrentHashMap<>();
    final EppMetrics metrics = new EppMetrics();
    private final AtomicInteger requests = new AtomicInteger();
    private final TcpRequestPlaneClient client;
    private RouterEndpoints router;

    RouterFixture() {
        this(new SelectionFleet());
    }

    RouterFixture(SelectionFleet fleet) {
        this.fleet = fleet;
        client = new TcpRequestPlaneClient(
                TcpRequestPlaneConfig.from(ConfigChecks.flags("request-plane-host", "127.0.0.1")),
                () -> UUID.randomUUID().toString(),
                System::nanoTime);
    }

    /// Starts the router with these options, and workers.
    void start(boolean enforceDisagg, List<String> options, Worker... workers) throws IOException {
        List<String> all = new ArrayList<>(List.of("endpoint", "dynamo.backend.generate", "serve-host", "127.0.0.1"));
        all.addAll(options);
        var flags = ConfigChecks.flags(all.toArray(new String[0]));
        RouterEndpointsConfig config = RouterEndpointsConfig.from(flags);
        TcpRequestServerConfig serving =
                TcpRequestServerConfig.from(flags, TcpRequestPlaneConfig.from(ConfigChecks.flags()));
        client.start();
        fleet.serve(workers);
        router = new RouterEndpoints(
                config,
                new RouterEndpointsParts(
                        fleet.service, client, fleet.snapshot(), enforceDisagg, UUID::randomUUID, () -> RANDOM),
                new TcpRequestPlaneServer(serving, metrics, System::nanoTime),
                new Announcements());
        router.start();
    }

    void start(Worker... workers) throws IOException {
        start(false, List.of(), workers);
    }

    /// Other workers from now on.
    void serve(Worker... workers) {
        fleet.serve(workers);
        router.onWorkers(fleet.snapshot());
    }

    /// It serves nobody any more.
    void drop() {
        router.close();
    }

    FakeEngine engine(long id, FakeEngine.Script script) throws IOException {
        FakeEngine engine = new FakeEngine(id, script);
        engines.add(engine);
        return engine;
    }

    @AfterEach
    void stop() {
        client.close();
        if (router != null) {
            router.close();
        }
        engines.forEach(FakeEngine::close);
        fleet.close();
        metrics.close();
    }

    /// Where an endpoint of the router is.
    String transport(String endpoint) {
        return announced.get(new EndpointId("dynamo", "router", endpoint));
    }

    ItemStream open(String endpoint, byte[] payload) throws Exception {
        return openAt(transport(endpoint), payload);
    }

    ItemStream openAt(String transport, byte[] payload) throws Exception {
        String id = "request-" + requests.incrementAndGet();
        return client.open(
                new RequestTarget(transport, PayloadCodec.MSGPACK), new OutgoingRequest(id, payload, Map.of(), LONG));
    }

    /// All items of an answer.
    List<OutputItem> call(String endpoint, byte[] payload) throws Exception {
        List<OutputItem> items = new ArrayList<>();
        try (ItemStream stream = open(endpoint, payload)) {
            for (byte[] item = stream.next(); item != null; item = stream.next()) {
                items.add(OutputItem.read(item));
            }
        }
        return items;
    }

    List<Integer> tokensOf(List<OutputItem> items) {
        List<Integer> tokens = new ArrayList<>();
        for (OutputItem item : items) {
            assertThat(item.error()).isNull();
            for (int token : item.tokenIds()) {
                tokens.add(token);
            }
        }
        return tokens;
    }

    static OutputItem.WorkerError errorOf(List<OutputItem> items) {
        assertThat(items).isNotEmpty();
        OutputItem.WorkerError error = items.getLast().error();
        assertThat(error).isNotNull();
        return error;
    }

    /// A request for so many tokens; `more` are pairs of names and values.
    static byte[] request(int maxTokens, Object... more) {
        Fields fields = Fields.none();
        fields.put("model", SelectionFleet.MODEL);
        fields.put("token_ids", Fields.ofTokenIds(PROMPT));
        fields.put(
                "stop_conditions",
                Fields.none().putUnsigned("max_tokens", maxTokens).toBytes());
        fields.put("kept", "as it is");
        for (int i = 0; i < more.length; i += 2) {
            fields.put((String) more[i], (byte[]) more[i + 1]);
        }
        return fields.toBytes();
    }

    static byte[] annotation(String text) {
        return new MsgpackWriter().array(1).string(text).toBytes();
    }

    void awaitNothingBooked() {
        Await.until("no booking", () -> fleet.service.bookings() == 0 && fleet.active.reservations() == 0);
    }

    /// What would be in the store.
    private final class Announcements implements EndpointRegistration {
        @Override
        public void start() {}

        @Override
        public long instanceId() {
            return 0x7b;
        }

        @Override
        public void announce(EndpointId endpoint, String transport) {
            assertThat(transport).endsWith("/" + AnnouncedRecords.path(endpoint, 0x7b));
            announced.put(endpoint, transport);
        }

        @Override
        public boolean announceModels(EndpointId endpoint, EndpointId workerEndpoint, long workerId) {
            models.put(endpoint, workerEndpoint + "/" + workerId);
            return true;
        }

        @Override
        public void withdrawModels(EndpointId endpoint) {
            models.remove(endpoint);
        }

        @Override
        public void close() {
            announced.clear();
        }
    }
}
