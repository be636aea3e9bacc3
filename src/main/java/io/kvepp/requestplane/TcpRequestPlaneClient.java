package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The request plane over TCP: a few connections to each worker, and one port that all workers call
/// home to. Requests for workers at subjects are given to a carrier; they too call home.
///
/// Source: Dynamo's TCP request plane, versions 1.5 and 1.6.
///
/// Thread-safe.
public final class TcpRequestPlaneClient implements RequestPlaneClient {
    private final TcpRequestPlaneConfig config;
    private final Supplier<String> ids;
    private final PlaneLoops loops = new PlaneLoops();
    private final StallWatch watch;
    private final CallHomeServer homes;
    private final WorkerConnections workers;
    private final CallResources resources;
    private final Semaphore callPlaces;
    private final Semaphore streamPlaces;
    private final Set<TcpCall> calls = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// Brings requests to workers that take them at a subject of a NATS server. Answers come back
    /// over TCP all the same.
    ///
    /// Source: Dynamo `lib/runtime/src/pipeline/network/ingress/nats_server`.
    ///
    /// Thread-safe.
    @FunctionalInterface
    public interface Carrier {
        /// Reaches nobody.
        Carrier NONE = (subject, _, _) -> CompletableFuture.failedFuture(
                new IOException("subject: " + subject + " (expected: a worker that is called over TCP)"));

        /// Brings a message to whoever listens at the subject, and gives what it answers at once:
        /// nothing when it takes the request. Never blocks; the future fails when nobody listens
        /// or answers within `timeout`.
        CompletableFuture<byte[]> carry(String subject, byte[] message, Duration timeout);
    }

    /// Calls workers over TCP alone.
    public TcpRequestPlaneClient(TcpRequestPlaneConfig config, Supplier<String> ids, LongSupplier nanoClock) {
        this(config, ids, nanoClock, Carrier.NONE);
    }

    /// `ids` gives texts that do not repeat and cannot be guessed, such as random UUIDs: knowing a
    /// call's subject is what lets a worker answer it.
    public TcpRequestPlaneClient(
            TcpRequestPlaneConfig config, Supplier<String> ids, LongSupplier nanoClock, Carrier carrier) {
        this.config = config;
        this.ids = ids;
        watch = new StallWatch(nanoClock);
        PlaneTls tls = new PlaneTls(config.tls());
        homes = new CallHomeServer(new InetSocketAddress(config.host(), config.port()), tls, loops, watch);
        workers = new WorkerConnections(config, tls, loops, watch);
        resources = new CallResources(config, workers, carrier, homes, watch);
        callPlaces = new Semaphore(config.callsMax());
        streamPlaces = new Semaphore(config.streamsMax());
    }

    /// Listens for workers; needed before the first call.
    public void start() throws IOException {
        homes.start();
        watch.start();
    }

    @Override
    public CompletableFuture<List<byte[]>> call(RequestTarget target, byte[] payload, Duration timeout) {
        if (!callPlaces.tryAcquire()) {
            return CompletableFuture.failedFuture(full("request-plane-calls-max", config.callsMax()));
        }
        OutgoingRequest request = new OutgoingRequest(ids.get(), payload, Map.of(), timeout);
        CollectedCall call = new CollectedCall(
                begin(target, request, new TcpCall.Limits(timeout, config.callHomeTimeout()), callPlaces),
                config.responseBytesMax());
        return call.run();
    }

    @Override
    public ItemStream open(RequestTarget target, OutgoingRequest request) throws RequestPlaneException {
        if (!streamPlaces.tryAcquire()) {
            throw full("request-plane-streams-max", config.streamsMax());
        }
        TcpCall call = begin(target, request, new TcpCall.Limits(null, request.silenceMax()), streamPlaces);
        try {
            call.open();
            return call;
        } catch (RequestPlaneException | RuntimeException e) {
            call.close();
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        calls.forEach(TcpRequestPlaneClient::cancel);
        homes.close();
        workers.close();
        watch.close();
        loops.close();
    }

    PlaneLoops loops() {
        return loops;
    }

    private TcpCall begin(RequestTarget target, OutgoingRequest request, TcpCall.Limits limits, Semaphore places) {
        TcpCall call = new TcpCall(target, request, ids.get(), limits, resources, ended -> {
            if (calls.remove(ended)) {
                places.release();
            }
        });
        calls.add(call);
        if (closed) {
            cancel(call);
        }
        return call;
    }

    private static void cancel(TcpCall call) {
        call.fail(Reason.CANCELLED, "client closed (expected: an open client)");
    }

    private static RequestPlaneException full(String limit, int max) {
        return new RequestPlaneException(Reason.REJECTED, limit + ": " + max + " calls (expected: fewer)");
    }
}
