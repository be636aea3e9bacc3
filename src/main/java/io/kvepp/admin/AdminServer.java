package io.kvepp.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An HTTP server for operators. Plain text or JSON; nothing here changes anything but thresholds.
///
/// | path | answer |
/// |---|---|
/// | `/metrics` | Prometheus text |
/// | `/healthz` | 200 while the process lives |
/// | `/readyz` | 200 when requests are welcome, else 503; JSON with every condition |
/// | `/workers` | models, worker ranks with their load and event source, open bookings |
/// | `/picks?count=N` | the last decisions, newest first, 100 unless told; for this machine alone |
/// | `/picks/ID`, `/picks?request-id=ID` | the decision about one request |
/// | `/busy_threshold` | when workers count as overloaded; POST changes it: [BusyThresholdPage] |
/// | `/dump` | what all workers hold, as Dynamo's indexer tells it; 503 while another is written |
///
/// Thread-safe.
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final int THREADS = 3;
    private static final int DUMP_BUFFER_BYTES = 64 << 10;
    private static final String DUMP = "/dump";
    private static final String PICKS = "/picks";
    private static final String REQUEST_ID = "request-id=";
    private static final Pattern COUNT = Pattern.compile("count=([0-9]{1,6})");
    private static final int PICKS_SHOWN = 100;

    private final AdminConfig config;
    private final AdminSources sources;
    private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private final ExecutorService threads = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("admin-", 0).daemon().factory());
    private final BusyThresholdPage thresholds;
    private final Semaphore dumps = new Semaphore(1);
    private final HttpServer server;

    public AdminServer(AdminConfig config, AdminSources sources) throws IOException {
        this.config = config;
        this.sources = sources;
        thresholds = new BusyThresholdPage(config, sources.thresholds());
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
                    "admin-port: " + config.host() + ":" + config.port() + " (expected: a free port): "
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
        if (isGet(exchange) && exchange.getRequestURI().getRawPath().equals(DUMP)) {
            dump(exchange);
            return;
        }
        try (exchange) {
            send(exchange, pageOrFailure(exchange));
        } catch (IOException e) {
            LOG.debug("admin client left", e);
        }
    }

    /// The page that is too large to be held in memory. What fails is thrown, so that the server
    /// breaks the connection: an end in the middle must not look like the end.
    private void dump(HttpExchange exchange) throws IOException {
        if (!config.mayDumpFor(exchange.getRemoteAddress().getAddress())) {
            send(exchange, Page.text(403, "client: another machine (expected: this one, or --dump-remote)\n"));
        } else if (!dumps.tryAcquire()) {
            send(exchange, Page.text(503, "dumps: 1 under way (expected: none)\n"));
        } else {
            try {
                exchange.getResponseHeaders().set("content-type", "application/json");
                exchange.sendResponseHeaders(200, 0);
                BufferedOutputStream out = new BufferedOutputStream(exchange.getResponseBody(), DUMP_BUFFER_BYTES);
                sources.dump().writeTo(out);
                out.flush();
            } catch (RuntimeException e) {
                LOG.error("dump failed", e);
                throw e;
            } finally {
                dumps.release();
            }
        }
        exchange.close();
    }

    private static void send(HttpExchange exchange, Page page) throws IOException {
        byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", page.contentType());
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(page.status(), -1);
        } else {
            exchange.sendResponseHeaders(page.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static boolean isGet(HttpExchange exchange) {
        return exchange.getRequestMethod().equals("GET");
    }

    private Page pageOrFailure(HttpExchange exchange) throws IOException {
        try {
            return page(exchange);
        } catch (RuntimeException e) {
            LOG.error("admin page failed", e);
            return Page.text(500, "the page failed\n");
        }
    }

    private Page page(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        if (path.equals(BusyThresholdPage.PATH)) {
            BusyThresholdPage.Answer answer = thresholds.answer(exchange);
            return json(answer.status(), answer.value());
        }
        if (!isGet(exchange) && !exchange.getRequestMethod().equals("HEAD")) {
            return Page.text(405, "method: " + exchange.getRequestMethod() + " (expected: GET)\n");
        }
        return switch (path) {
            case "/metrics" ->
                new Page(
                        200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        sources.metrics().scrape());
            case "/healthz" -> Page.text(200, "ok\n");
            case "/readyz" -> ready();
            case "/workers" -> json(200, workers());
            case DUMP -> Page.text(405, "method: " + exchange.getRequestMethod() + " (expected: GET)\n");
            default -> path.equals(PICKS) || path.startsWith(PICKS + "/") ? picks(exchange) : notFound();
        };
    }

    private Page ready() throws IOException {
        ReadinessReport report = sources.readiness().get();
        return json(report.ready() ? 200 : 503, report);
    }

    /// The last ones, as many as `count` says, or one by its request id.
    private Page picks(HttpExchange exchange) throws IOException {
        if (!config.mayExplainTo(exchange.getRemoteAddress().getAddress())) {
            return Page.text(403, "client: another machine (expected: this one, or --picks-remote)\n");
        }
        String path = exchange.getRequestURI().getRawPath();
        if (!path.equals(PICKS)) {
            return pick(path.substring(PICKS.length() + 1));
        }
        String query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return json(200, sources.inspection().explanations(PICKS_SHOWN));
        }
        if (query.startsWith(REQUEST_ID)) {
            return pick(query.substring(REQUEST_ID.length()));
        }
        Matcher count = COUNT.matcher(query);
        return count.matches()
                ? json(200, sources.inspection().explanations(Integer.parseInt(count.group(1))))
                : Page.text(400, "query: unknown (expected: count=NUMBER or request-id=ID)\n");
    }

    private Page pick(String encodedId) throws IOException {
        // In a path a plus is a plus; the decoder is one for forms.
        String requestId;
        try {
            requestId = URLDecoder.decode(encodedId.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return Page.text(400, "request id: not decodable (expected: percent-encoded UTF-8)\n");
        }
        Optional<?> explanation = sources.inspection().explanation(requestId);
        return explanation.isPresent()
                ? json(200, explanation.get())
                : Page.text(404, "pick: not found among the recent ones\n");
    }

    private Map<String, Object> workers() {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("ready", sources.readiness().get().ready());
        page.put("models", sources.inspection().models());
        page.put(
                "workers",
                WorkerPage.rows(sources.inspection(), sources.eventSources().get()));
        page.put("bookings", sources.inspection().bookings());
        return page;
    }

    private static Page notFound() {
        return Page.text(
                404,
                "path: unknown (expected: /metrics, /healthz, /readyz, /workers, /picks, /picks/ID, /dump or"
                        + " /busy_threshold)\n");
    }

    private Page json(int status, Object value) throws IOException {
        return new Page(status, "application/json", json.writeValueAsString(value) + "\n");
    }

    private record Page(int status, String contentType, String body) {
        static Page text(int status, String body) {
            return new Page(status, "text/plain; charset=utf-8", body);
        }
    }
}
