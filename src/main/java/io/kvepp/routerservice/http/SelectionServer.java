package io.kvepp.routerservice.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kvepp.discovery.registered.RegisteredWorkers;
import io.kvepp.routerservice.SelectionService;
import io.kvepp.worker.WorkerSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves the selection API over HTTP; see [SelectionRoutes].
///
/// Requests beyond [#REQUESTS_MAX] at a time, and bodies beyond [#BODY_KIB_HELD_MAX] together, are
/// answered with 503, larger bodies than [#BODY_BYTES_MAX] with 413. What a refused caller still sends
/// is read and thrown away, up to [#BYTES_SKIPPED_MAX], so that it sees the answer and no reset
/// (RFC 9112 9.6). Half-sent requests and answers that nobody reads end by the limits that
/// `jvm.options` sets for the JDK's server.
///
/// Thread-safe.
public final class SelectionServer implements AutoCloseable {
    static final int BODY_BYTES_MAX = 8 << 20;
    static final int REQUESTS_MAX = 1024;
    static final int BYTES_SKIPPED_MAX = 32 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SelectionServer.class);
    private static final int BODY_KIB_HELD_MAX = 128 << 10;
    private static final int KIB = 1024;
    private static final int SCRATCH_BYTES = 8 * KIB;

    private final SelectionHttpConfig config;
    private final SelectionRoutes routes;
    private final IndexPage index;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("selection-", 0).factory());
    private final Semaphore requests;
    private final Semaphore bodyKib = new Semaphore(BODY_KIB_HELD_MAX);
    private final HttpServer server;

    /// The workers that callers are told of.
    ///
    /// - `inForce`: those that selections are made of now
    /// - `registered`: where callers register workers; null where they cannot
    public record Workers(
            Supplier<WorkerSet> inForce, @Nullable RegisteredWorkers registered) {}

    /// What all workers hold, and who may know it.
    public record Dump(IndexDump index, Predicate<InetAddress> mayAsk) {}

    /// Writes the index as JSON, piece by piece. Thread-safe.
    @FunctionalInterface
    public interface IndexDump {
        /// Writes all of it; does not close `out`.
        ///
        /// @throws IOException when `out` fails
        void writeTo(OutputStream out) throws IOException;
    }

    /// `ids`: for callers that bring none
    public SelectionServer(
            SelectionHttpConfig config, SelectionService service, Workers workers, Dump dump, Supplier<String> ids)
            throws IOException {
        this(config, service, workers, dump, ids, REQUESTS_MAX);
    }

    SelectionServer(
            SelectionHttpConfig config,
            SelectionService service,
            Workers workers,
            Dump dump,
            Supplier<String> ids,
            int requestsMax)
            throws IOException {
        this.config = config;
        index = new IndexPage(dump);
        routes = new SelectionRoutes(service, new WorkerRoutes(workers.inForce(), workers.registered()), index, ids);
        requests = new Semaphore(requestsMax);
        server = HttpServer.create();
    }

    /// Binds the port and serves.
    ///
    /// @throws IOException when the port is taken; the message names it
    public void start() throws IOException {
        try {
            server.bind(new InetSocketAddress(config.host(), config.port()), 0);
        } catch (IOException e) {
            throw new IOException(
                    "selection-port: " + config.host() + ":" + config.port() + " (expected: a free port): "
                            + e.getMessage(),
                    e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        switch (replyOrFault(exchange)) {
            case HttpResponse response -> close(exchange, response);
            case Reply.Index() -> {
                if (!index.send(exchange)) {
                    close(exchange, HttpResponse.fault(503, "dumps: 1 under way (expected: none)"));
                }
            }
        }
    }

    private static void close(HttpExchange exchange, HttpResponse response) {
        try (exchange) {
            send(exchange, response);
        } catch (IOException e) {
            LOG.debug("selection client left", e);
        }
    }

    private Reply replyOrFault(HttpExchange exchange) throws IOException {
        if (!requests.tryAcquire()) {
            return HttpResponse.fault(503, "requests: too many at a time (expected: fewer)");
        }
        try {
            return reply(exchange);
        } catch (HttpFault e) {
            return HttpResponse.fault(e.status(), e.told());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HttpResponse.fault(503, "the process stops");
        } catch (RuntimeException e) {
            LOG.error("selection request failed", e);
            return HttpResponse.fault(500, "the request failed");
        } finally {
            requests.release();
        }
    }

    private Reply reply(HttpExchange exchange) throws IOException, HttpFault, InterruptedException {
        SelectionRoutes.Route route = routes.find(
                exchange.getRequestMethod(), exchange.getRequestURI().getRawPath());
        if (!route.takesBody()) {
            return route.answer(new Call(exchange, Body.EMPTY));
        }
        requireJson(exchange);
        int kib = (int) (bodyBytes(exchange) / KIB) + 1;
        if (!bodyKib.tryAcquire(kib)) {
            throw new HttpFault(503, "bodies: too many bytes at a time (expected: fewer)");
        }
        try {
            return route.answer(new Call(exchange, Body.read(read(exchange))));
        } finally {
            bodyKib.release(kib);
        }
    }

    private static void requireJson(HttpExchange exchange) throws HttpFault {
        String type = exchange.getRequestHeaders().getFirst("content-type");
        String essence = type == null ? "none" : type.split(";", 2)[0].strip();
        if (!essence.equalsIgnoreCase("application/json") && !essence.endsWith("+json")) {
            throw new HttpFault(415, "content-type: " + essence + " (expected: application/json)");
        }
    }

    /// As announced, or as many as there may be.
    private static long bodyBytes(HttpExchange exchange) throws HttpFault {
        String length = exchange.getRequestHeaders().getFirst("content-length");
        try {
            long bytes = length == null ? BODY_BYTES_MAX : Long.parseLong(length.strip());
            if (bytes > BODY_BYTES_MAX) {
                throw tooLarge();
            }
            return bytes;
        } catch (NumberFormatException e) {
            throw new HttpFault(400, "content-length: no number (expected: one)");
        }
    }

    private static byte[] read(HttpExchange exchange) throws IOException, HttpFault {
        InputStream in = exchange.getRequestBody();
        byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
        if (body.length > BODY_BYTES_MAX) {
            throw tooLarge();
        }
        return body;
    }

    private static HttpFault tooLarge() {
        return new HttpFault(413, "body: more than " + BODY_BYTES_MAX + " bytes (expected: at most as many)");
    }

    private static void send(HttpExchange exchange, HttpResponse response) throws IOException {
        byte[] body = response.body().toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        response.headers().forEach(exchange.getResponseHeaders()::set);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(response.status(), -1);
        } else {
            exchange.sendResponseHeaders(response.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.getResponseBody().flush();
        }
        skipRest(exchange.getRequestBody());
    }

    private static void skipRest(InputStream in) throws IOException {
        long left = BYTES_SKIPPED_MAX;
        byte[] scratch = new byte[SCRATCH_BYTES];
        int count = 0;
        while (count >= 0 && left > 0) {
            count = in.read(scratch);
            left -= count;
        }
    }
}
