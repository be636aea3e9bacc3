package io.kvepp.load.signals;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EnginePagesTest {
    private static final String IDLE =
            "vllm:num_requests_waiting 0\nvllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0.5\n";
    private static final EnginePagesConfig CONFIG =
            new EnginePagesConfig(Duration.ofMillis(10), Duration.ofMillis(80), Duration.ofSeconds(1));

    private final HttpClient http = HttpClient.newHttpClient();
    private final EppMetrics metrics = new EppMetrics();
    private final WorkerSlots slots = new WorkerSlots();
    private final AtomicLong nanos = new AtomicLong();
    private final EngineReports reports = new EngineReports(slots, nanos::get);
    private final List<Long> looks = new CopyOnWriteArrayList<>();
    private final ExecutorService serverThreads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile boolean busy;
    private volatile int status = 200;
    private volatile boolean silent;
    private volatile String page = IDLE;
    private HttpServer server;
    private EnginePages pages = pages(CONFIG);

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/metrics", this::answer);
        server.setExecutor(serverThreads);
        server.start();
    }

    @AfterEach
    void stop() {
        pages.close();
        end.countDown();
        server.stop(0);
        serverThreads.shutdownNow();
        http.shutdownNow();
        metrics.close();
    }

    @Test
    void whatThePageOfARealEngineSaysIsKnownByRank() {
        int first = slots.assign(new WorkerWithDpRank(1, 0));
        int second = slots.assign(new WorkerWithDpRank(1, 1));
        page = MetricsPageTest.fixture("vllm-dp2.txt");
        pages.update(List.of(engine(0, 2)));
        Await.until("it was read", () -> reports.of(first).waitingRequests() == 2);
        assertThat(reports.of(second).usedShare()).isPositive();

        page = MetricsPageTest.fixture("sglang-dp2.txt");
        Await.until("it was read again", () -> tick() && reports.of(first).waitingRequests() == 3);
        assertThat(reports.of(second)).isEqualTo(new EngineReport(0, 1, 0.02));
        assertThat(reports.sum(EngineReport::runningRequests)).isEqualTo(13);
    }

    @Test
    void anEngineOfOneRankIsAllThatItsPageTells() {
        int slot = slots.assign(new WorkerWithDpRank(1, 5));
        page = MetricsPageTest.fixture("sglang-dp2.txt");
        pages.update(List.of(engine(5, 1)));

        Await.until("it was read", () -> reports.of(slot).runningRequests() == 13);
    }

    @Test
    void anIdleEngineIsLookedAtEverMoreSeldom() {
        pages.update(List.of(engine(0, 1)));
        Await.until("looks", () -> tick() && looks.size() >= 8);

        for (int i = 2; i < looks.size(); i++) {
            long pauseMillis = (looks.get(i) - looks.get(i - 1)) / 1_000_000;
            assertThat(pauseMillis).as("pause %s of %s", i, looks).isGreaterThanOrEqualTo(Math.min(80, 10L << i - 2));
        }
    }

    @Test
    void anEngineWithRequestsOnItsPageIsLookedAtOften() {
        page = "vllm:num_requests_running 1\n";
        pages.update(List.of(engine(0, 1)));
        Await.until("looks", () -> tick() && looks.size() >= 20);

        page = IDLE;
        int slot = slots.assign(new WorkerWithDpRank(1, 0));
        Await.until("it is seen idle", () -> tick() && reports.of(slot).usedShare() == 0.5);
    }

    @Test
    void anEngineThatIsSentRequestsIsLookedAtAtOnceWheneverItWasDue() {
        pages.update(List.of(engine(0, 1)));
        Await.until("the first look", () -> !looks.isEmpty());

        busy = true;
        Await.until("looks without a clock", () -> looks.size() > 5);
    }

    @Test
    void anEngineWhosePageCannotBeReadSaysNothingUntilItCan() {
        int slot = slots.assign(new WorkerWithDpRank(1, 0));
        pages.update(List.of(engine(0, 1)));
        Await.until("it was read", () -> reports.of(slot).usedShare() == 0.5);

        status = 500;
        Await.until("nothing is known", () -> tick() && reports.of(slot).equals(EngineReport.NOTHING));
        status = 200;
        page = "nothing 1\n";
        Await.until("it is seen", () -> tick() && looks("unknown") > 0);
        page = "# ".repeat(EnginePages.PAGE_BYTES_MAX);
        double failed = looks("failed");
        Await.until("it is too large", () -> tick() && looks("failed") > failed);
        page = IDLE;
        Await.until("it was read again", () -> tick() && reports.of(slot).usedShare() == 0.5);
    }

    @Test
    void anEngineThatNeverAnswersDisturbsNobodyAndIsTriedAgain() {
        pages.close();
        pages = pages(new EnginePagesConfig(Duration.ofMillis(10), Duration.ofMillis(10), Duration.ofMillis(50)));
        silent = true;
        pages.update(List.of(engine(0, 1)));
        Await.until("it failed", () -> tick() && looks("failed") > 1);

        silent = false;
        int slot = slots.assign(new WorkerWithDpRank(1, 0));
        Await.until("it was read", () -> tick() && reports.of(slot).usedShare() == 0.5);
    }

    @Test
    void whatWasSaidLongAgoCountsNoMore() {
        int slot = slots.assign(new WorkerWithDpRank(1, 0));
        reports.set(new WorkerWithDpRank(1, 0), new EngineReport(1, 1, 1), Duration.ofSeconds(1));
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(reports.of(slot).waitingRequests()).isEqualTo(1);
        nanos.addAndGet(1);
        assertThat(reports.of(slot)).isEqualTo(EngineReport.NOTHING);
    }

    @Test
    void workersBehindAFrontendAndThoseThatLeftAreNotLookedAt() {
        Worker engine = engine(0, 1);
        pages.update(List.of(ModelCards.aggregated("m").on(7)));
        pages.update(List.of(engine));
        Await.until("the first look", () -> !looks.isEmpty());
        int slot = slots.assign(new WorkerWithDpRank(2, 0));
        pages.update(List.of(new Worker(2, engine.endpoint(), engine.cards(), engine.address())));
        Await.until("the other is known", () -> tick() && reports.of(slot).usedShare() == 0.5);

        pages.update(List.of());
    }

    @Test
    void whereItIsTurnedOffNobodyIsLookedAt() {
        EnginePagesConfig never = new EnginePagesConfig(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(1));
        try (EppMetrics own = new EppMetrics();
                EnginePages off = new EnginePages(never, http, reports, _ -> true, own, nanos::get)) {
            off.update(List.of(engine(0, 1)));
            pages.update(List.of(engine(0, 1)));
            Await.until("the other looks", () -> tick() && looks("read") >= 3);

            assertThat(own.scrape()).doesNotContain("kv_epp_engine_pages_total");
        }
    }

    private boolean tick() {
        nanos.addAndGet(1_000_000);
        return true;
    }

    private EnginePages pages(EnginePagesConfig config) {
        return new EnginePages(config, http, reports, _ -> busy, metrics, nanos::get);
    }

    private Worker engine(int start, int size) {
        return new Worker(
                1,
                new EndpointId("static", "vllm", "generate"),
                List.of(ModelCards.aggregated("m").ranks(start, size).card()),
                "127.0.0.1:" + server.getAddress().getPort());
    }

    private double looks(String outcome) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("kv_epp_engine_pages_total{outcome=\"" + outcome + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private void answer(HttpExchange exchange) throws IOException {
        looks.add(nanos.get());
        if (silent) {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        byte[] body = page.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
