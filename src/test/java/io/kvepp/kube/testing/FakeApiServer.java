package io.kvepp.kube.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/// The list and watch calls of one kind of object, answered as the test says.
///
/// Thread-safe.
public final class FakeApiServer implements AutoCloseable {
    private static final String END_OF_WATCH = "";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final List<String> queries = new CopyOnWriteArrayList<>();
    private volatile int listStatus = 200;
    private volatile String items = "";

    public FakeApiServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /// A kubeconfig that names this server.
    public Path kubeconfig(Path folder) {
        Path file = folder.resolve("kubeconfig");
        try {
            return Files.writeString(file, """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: t}}]
                contexts: [{name: x, context: {cluster: c, user: u, namespace: dyn}}]
                current-context: x
                """.formatted(server.getAddress().getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What the next lists have: JSON objects separated by commas.
    public void list(String objects) {
        items = objects;
        listStatus = 200;
    }

    public void refuseLists(int status) {
        listStatus = status;
    }

    /// Sends one event to whoever watches, or will.
    public void event(String type, String object) {
        events.add("{\"type\":\"" + type + "\",\"object\":" + object + "}\n");
    }

    public void endWatch() {
        events.add(END_OF_WATCH);
    }

    /// The decoded queries of all calls so far.
    public List<String> queries() {
        return List.copyOf(queries);
    }

    public static String object(String name, int version) {
        return "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" + name
                + "\",\"namespace\":\"dyn\",\"uid\":\"u-" + name + "\",\"resourceVersion\":\"" + version + "\"}}";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        queries.add(URLDecoder.decode(query, StandardCharsets.UTF_8));
        try (exchange) {
            if (!query.contains("watch=true")) {
                sendList(exchange);
            } else if ("websocket".equals(exchange.getRequestHeaders().getFirst("Upgrade"))) {
                // This makes the client watch over plain HTTP.
                exchange.sendResponseHeaders(503, -1);
            } else {
                sendEvents(exchange);
            }
        }
    }

    private void sendList(HttpExchange exchange) throws IOException {
        byte[] body =
                ("{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":["
                                + items + "]}")
                        .getBytes(StandardCharsets.UTF_8);
        boolean refused = listStatus != 200;
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(listStatus, refused ? -1 : body.length);
        if (!refused) {
            exchange.getResponseBody().write(body);
        }
    }

    private void sendEvents(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        try {
            for (String event = events.take(); !event.equals(END_OF_WATCH); event = events.take()) {
                exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
