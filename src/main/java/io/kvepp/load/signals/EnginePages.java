package io.kvepp.load.signals;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.DpRanks;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the `/metrics` pages of the workers that serve requests themselves.
///
/// An engine is looked at often while its page tells of requests or while requests are under way
/// there; otherwise each pause is twice the last one, up to a limit. An engine whose page cannot be
/// read says nothing until it can.
///
/// Thread-safe. Owns one thread from the first worker of that kind to [#close].
final class EnginePages implements AutoCloseable {
    static final int PAGE_BYTES_MAX = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(EnginePages.class);
    private static final String READ = "read";
    private static final String FAILED = "failed";
    private static final String UNKNOWN = "unknown";

    private final EnginePagesConfig config;
    private final HttpClient http;
    private final EngineReports reports;
    private final Predicate<WorkerWithDpRank> hasRequests;
    private final EppMetrics metrics;
    private final LongSupplier nanoClock;
    private @Nullable ScheduledExecutorService thread;
    private boolean closed;

    // Confined to the thread.
    private final Map<String, Engine> engines = new HashMap<>();

    /// @param hasRequests whether requests are under way at the rank
    EnginePages(
            EnginePagesConfig config,
            HttpClient http,
            EngineReports reports,
            Predicate<WorkerWithDpRank> hasRequests,
            EppMetrics metrics,
            LongSupplier nanoClock) {
        this.config = config;
        this.http = http;
        this.reports = reports;
        this.hasRequests = hasRequests;
        this.metrics = metrics;
        this.nanoClock = nanoClock;
    }

    /// One engine. Confined to the thread.
    private static final class Engine {
        final Worker worker;
        final URI page;
        long pauseNanos;
        long dueNanos;
        boolean beingRead;

        @Nullable
        MetricsPage last;

        String problem = "";

        Engine(Worker worker, URI page, long nowNanos) {
            this.worker = worker;
            this.page = page;
            dueNanos = nowNanos;
        }

        DpRanks ranks() {
            return worker.baseCard().ranks();
        }
    }

    /// Replaces the set of workers; those behind a frontend have no page.
    synchronized void update(List<Worker> workers) {
        List<Worker> own =
                workers.stream().filter(worker -> worker.address() != null).toList();
        if (config.isOff() || closed || (own.isEmpty() && thread == null)) {
            return;
        }
        if (thread == null) {
            thread = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("engine-pages").daemon().factory());
            long nanos = config.interval().toNanos();
            var _ = thread.scheduleWithFixedDelay(this::lookAtAll, nanos, nanos, TimeUnit.NANOSECONDS);
        }
        thread.execute(() -> replace(own));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.shutdownNow();
        }
    }

    private void replace(List<Worker> workers) {
        Set<String> present = new HashSet<>();
        for (Worker worker : workers) {
            String address = String.valueOf(worker.address());
            present.add(address);
            @Nullable Engine known = engines.get(address);
            if (known == null || !known.worker.equals(worker)) {
                URI page = URI.create("http://" + address + "/metrics");
                engines.put(address, new Engine(worker, page, nanoClock.getAsLong()));
            }
        }
        engines.keySet().retainAll(present);
    }

    private void lookAtAll() {
        try {
            long now = nanoClock.getAsLong();
            for (Engine engine : engines.values()) {
                boolean due = now - engine.dueNanos >= 0 || isBusy(engine);
                if (due && !engine.beingRead) {
                    engine.beingRead = true;
                    read(engine);
                }
            }
        } catch (RuntimeException e) {
            LOG.error("looking at the pages of engines failed", e);
        }
    }

    private boolean isBusy(Engine engine) {
        DpRanks ranks = engine.ranks();
        for (int rank = ranks.start(); ranks.contains(rank); rank++) {
            if (hasRequests.test(new WorkerWithDpRank(engine.worker.id(), rank))) {
                return true;
            }
        }
        return false;
    }

    private void read(Engine engine) {
        HttpRequest request = HttpRequest.newBuilder(engine.page)
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(config.timeout())
                .build();
        CompletableFuture<HttpResponse<byte[]>> answer =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), PAGE_BYTES_MAX));
        var _ = answer.copy()
                .orTimeout(config.timeout().toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((response, failure) -> {
                    answer.cancel(true);
                    onThread(() -> {
                        if (failure == null) {
                            take(engine, response);
                        } else {
                            fail(engine, FAILED, String.valueOf(failure.getMessage()));
                        }
                    });
                });
    }

    private void take(Engine engine, HttpResponse<byte[]> response) {
        if (response.statusCode() != 200) {
            fail(engine, FAILED, "HTTP " + response.statusCode());
            return;
        }
        Optional<MetricsPage> read = MetricsPage.read(new String(response.body(), StandardCharsets.UTF_8));
        if (read.isEmpty()) {
            fail(engine, UNKNOWN, "nothing of vLLM or SGLang");
            return;
        }
        MetricsPage page = read.get();
        metrics.enginePage(READ);
        engine.problem = "";
        boolean idle = page.equals(engine.last) && page.whole().isIdle();
        engine.last = page;
        report(engine, page);
        next(engine, idle);
    }

    /// An engine of one rank may well have several of its own: together they are this one.
    private void report(Engine engine, MetricsPage page) {
        DpRanks ranks = engine.ranks();
        if (ranks.size() == 1) {
            set(engine, ranks.start(), page.whole());
            return;
        }
        page.byRank().forEach((rank, report) -> {
            if (ranks.contains(rank)) {
                set(engine, rank, report);
            }
        });
    }

    private void set(Engine engine, int rank, EngineReport report) {
        reports.set(
                new WorkerWithDpRank(engine.worker.id(), rank),
                report,
                config.intervalMax().multipliedBy(2).plus(config.timeout()));
    }

    private void fail(Engine engine, String outcome, String problem) {
        metrics.enginePage(outcome);
        if (!problem.equals(engine.problem)) {
            LOG.warn("the load of an engine is not known: source={} {}", engine.page, problem);
            engine.problem = problem;
        }
        engine.last = null;
        DpRanks ranks = engine.ranks();
        for (int rank = ranks.start(); ranks.contains(rank); rank++) {
            reports.forget(new WorkerWithDpRank(engine.worker.id(), rank));
        }
        next(engine, true);
    }

    private void next(Engine engine, boolean idle) {
        long shortest = config.interval().toNanos();
        long doubled = Math.min(config.intervalMax().toNanos(), Math.max(shortest, 2 * engine.pauseNanos));
        engine.pauseNanos = idle ? doubled : shortest;
        engine.dueNanos = nanoClock.getAsLong() + engine.pauseNanos;
        engine.beingRead = false;
    }

    private synchronized void onThread(Runnable task) {
        if (thread != null) {
            try {
                thread.execute(task);
            } catch (RejectedExecutionException e) {
                LOG.debug("closed", e);
            }
        }
    }
}
