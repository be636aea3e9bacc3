package io.kvepp.it.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A frontend of the test's own that keeps every request as it came and answers each with 200.
///
/// Thread-safe.
public final class RecordingUpstream implements AutoCloseable {
    private static final String ANSWER = "{\"object\":\"recorded\",\"choices\":[]}";
    private static final String REQUEST_ID = "x-request-id";

    private final Map<String, Recorded> byId = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<@Nullable Recorded> last = new AtomicReference<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    /// One request. Header names are in lower case.
    ///
    /// Immutable; the array must not be changed.
    public record Recorded(String method, String path, Headers headers, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    public RecordingUpstream() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::record);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /// Requests so far.
    public int count() {
        return count.get();
    }

    /// The newest request; fails when none came.
    public Recorded last() {
        @Nullable Recorded recorded = last.get();
        if (recorded == null) {
            throw new AssertionError("the upstream got no request");
        }
        return recorded;
    }

    /// The request with this id; fails when it did not come.
    public Recorded request(String requestId) {
        @Nullable Recorded recorded = byId.get(requestId);
        if (recorded == null) {
            throw new AssertionError("the upstream got no request " + requestId);
        }
        return recorded;
    }

    public boolean saw(String requestId) {
        return byId.containsKey(requestId);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void record(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            List<Map.Entry<String, String>> lines = new ArrayList<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) ->
                            values.forEach(value -> lines.add(Map.entry(name.toLowerCase(Locale.ROOT), value))));
            Headers headers = new Headers(lines);
            Recorded recorded = new Recorded(
                    exchange.getRequestMethod(), exchange.getRequestURI().toString(), headers, body);
            count.incrementAndGet();
            last.set(recorded);
            headers.all(REQUEST_ID).forEach(id -> byId.put(id, recorded));
            byte[] answer = ANSWER.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        }
    }
}
