package io.kvepp.routerservice.plane;

import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.requestplane.TcpRequestPlaneServer;
import io.kvepp.requestplane.TcpRequestPlaneServer.QuickHandler;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves the router's endpoints and announces them.
///
/// | endpoint | what |
/// |---|---|
/// | `generate` | sends a request on and passes the answer back |
/// | `best_worker_id`, `get_overlap_scores` | look, and change nothing |
/// | `find_best_worker`, `free` | choose and book; give back |
///
/// Thread-safe. [#onWorkers] is called by the discovery thread.
public final class RouterEndpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RouterEndpoints.class);

    private final RouterEndpointsConfig config;
    private final EndpointId workers;
    private final TcpRequestPlaneServer server;
    private final EndpointRegistration registration;
    private final boolean enforceDisagg;
    private final Map<String, Serving> endpoints = new LinkedHashMap<>();
    private volatile Fleet fleet;
    private volatile boolean announced;
    private @Nullable Long modelsOf;
    private int blockSizeSaid;

    /// Begins to serve an endpoint under its path.
    @FunctionalInterface
    private interface Serving {
        void begin(String path, String name);
    }

    /// `config` names the workers' endpoint.
    public RouterEndpoints(
            RouterEndpointsConfig config,
            RouterEndpointsParts parts,
            TcpRequestPlaneServer server,
            EndpointRegistration registration) {
        this.config = config;
        if (config.workers() == null) {
            throw new IllegalArgumentException("endpoint: none (expected: the workers' endpoint)");
        }
        workers = config.workers();
        this.server = server;
        this.registration = registration;
        enforceDisagg = parts.enforceDisagg();
        fleet = Fleet.of(parts.directory(), workers);
        BookingEndpoints booking = new BookingEndpoints(parts.service(), this::fleet);
        LookupEndpoints lookup = new LookupEndpoints(parts.service(), this::fleet);
        GenerateEndpoint generate = new GenerateEndpoint(new GenerateParts(
                parts.service(),
                new Selections(parts.service()),
                new WorkerCalls(parts.client(), this::fleet, config.silenceMax()),
                this::fleet,
                config.migrationsMax(),
                config.bypass(),
                parts.enforceDisagg(),
                parts.ids(),
                parts.random()));
        endpoints.put("generate", (path, name) -> server.serve(path, config.service(), name, generate::generate));
        quick("best_worker_id", lookup::bestWorkerId);
        quick("get_overlap_scores", lookup::overlapScores);
        quick("find_best_worker", booking::findBestWorker);
        quick("free", booking::free);
    }

    /// Listens, and announces the endpoints.
    ///
    /// @throws IOException when the port is taken, or nothing can be announced
    public void start() throws IOException {
        registration.start();
        server.start();
        for (Map.Entry<String, Serving> each : endpoints.entrySet()) {
            EndpointId endpoint = config.endpoint(workers, each.getKey());
            String path = AnnouncedRecords.path(endpoint, registration.instanceId());
            each.getValue().begin(path, each.getKey());
            registration.announce(endpoint, server.address() + "/" + path);
        }
        announced = true;
        LOG.atInfo()
                .addKeyValue("endpoint", server.address())
                .log("serves {} as {}", endpoints.keySet(), config.endpoint(workers, "*"));
        announceModels();
    }

    public void onWorkers(WorkerDirectory.Snapshot directory) {
        fleet = Fleet.of(directory, workers);
        warnOfBlockSize();
        announceModels();
    }

    /// Whether anybody serves the endpoint.
    public boolean hasWorkers() {
        return fleet.first() != null;
    }

    /// Withdraws the endpoints; requests are still taken from callers that have not noticed.
    public void withdraw() {
        registration.close();
    }

    /// Refuses new requests and waits for those under way.
    public void drain(Duration limit) throws InterruptedException {
        server.drain(limit);
    }

    @Override
    public void close() {
        registration.close();
        server.close();
    }

    private Fleet fleet() {
        return fleet;
    }

    private void quick(String endpoint, QuickHandler handler) {
        endpoints.put(endpoint, (path, name) -> server.serveQuickly(path, config.service(), name, handler));
    }

    /// What frontends believe of the models does not change while they can be served.
    private synchronized void announceModels() {
        Fleet now = fleet;
        @Nullable Worker worker = now.canServe(enforceDisagg) ? now.first() : null;
        EndpointId endpoint = config.endpoint(workers, "generate");
        if (!config.announceModels() || !announced || (worker != null && modelsOf != null)) {
            return;
        }
        try {
            if (worker == null) {
                registration.withdrawModels(endpoint);
                modelsOf = null;
            } else if (registration.announceModels(endpoint, worker.endpoint(), worker.id())) {
                modelsOf = worker.id();
            }
        } catch (IOException e) {
            LOG.warn("models cannot be announced: endpoint={} detail={}", endpoint, e.toString());
        }
    }

    private synchronized void warnOfBlockSize() {
        @Nullable Worker worker = fleet.first();
        int said = worker == null ? 0 : worker.baseCard().cache().blockSizeTokens();
        boolean isNew = said != 0 && said != blockSizeSaid;
        blockSizeSaid = said;
        if (isNew && config.blockSizeTokens() != 0 && said != config.blockSizeTokens()) {
            LOG.warn(
                    "router-block-size: {} (expected: {}, as the workers say, which is what counts)",
                    config.blockSizeTokens(),
                    said);
        }
    }
}
