package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// The request plane over TCP: a connection to the worker for each call, and one port that all
/// workers call home to.
///
/// Source: Dynamo's TCP request plane, versions 1.5 and 1.6.
///
/// Thread-safe.
public final class TcpRequestPlaneClient implements RequestPlaneClient {
    private final TcpRequestPlaneConfig config;
    private final Supplier<String> ids;
    private final Deadlines deadlines = new Deadlines();
    private final CallHomeServer homes;
    private final CallResources resources;
    private final Set<TcpCall> calls = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// `ids` gives texts that do not repeat and cannot be guessed, such as random UUIDs: knowing a
    /// call's subject is what lets a worker answer it.
    public TcpRequestPlaneClient(TcpRequestPlaneConfig config, Supplier<String> ids) {
        this.config = config;
        this.ids = ids;
        homes = new CallHomeServer(new InetSocketAddress(config.host(), config.port()), deadlines);
        resources = new CallResources(config, homes, deadlines, new Semaphore(config.callsMax()));
    }

    /// Listens for workers; needed before the first call.
    public void start() throws IOException {
        homes.start();
    }

    @Override
    public CompletableFuture<List<byte[]>> call(RequestTarget target, byte[] payload, Duration timeout) {
        String requestId = ids.get();
        String subject = ids.get();
        if (!resources.permits().tryAcquire()) {
            return CompletableFuture.failedFuture(new RequestPlaneException(
                    Reason.REJECTED, "request-plane-calls-max: " + config.callsMax() + " calls (expected: fewer)"));
        }
        TcpCall call = new TcpCall(target, requestId, subject, resources);
        calls.add(call);
        if (closed) {
            cancel(call);
        }
        Thread.ofVirtual().name("request-plane-call").start(() -> run(call, payload, timeout));
        return call.result();
    }

    @Override
    public void close() {
        closed = true;
        calls.forEach(TcpRequestPlaneClient::cancel);
        homes.close();
        deadlines.close();
    }

    private void run(TcpCall call, byte[] payload, Duration timeout) {
        try {
            // Completed by someone else, the call may wait on a connection that has to be closed.
            var _ = call.result().whenComplete((_, failure) -> {
                if (failure != null) {
                    Thread.ofVirtual().name("request-plane-end").start(call::end);
                }
            });
            call.run(payload, timeout);
        } finally {
            calls.remove(call);
        }
    }

    private static void cancel(TcpCall call) {
        Thread.ofVirtual()
                .name("request-plane-cancel")
                .start(() -> call.fail(Reason.CANCELLED, "client closed (expected: an open client)"));
    }
}
