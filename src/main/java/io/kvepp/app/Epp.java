package io.kvepp.app;

import io.kvepp.admin.AdminServer;
import io.kvepp.admin.AdminSources;
import io.kvepp.config.ConfigurationException;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.nats.NatsConnection;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.routerservice.http.SelectionServer;
import io.kvepp.tls.ServerTls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The whole process: [Brain] behind the waist, the Envoy front, the operators' pages, and their
/// life.
///
/// - start: metrics and health first, so that probes are answered; then discovery and events; then
///   ext_proc
/// - stop: readiness is withdrawn, gateways get time to notice, requests under way may end, the
///   rest is cut off
///
/// Thread-safe.
public final class Epp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Epp.class);
    private static final Duration OFTEN = Duration.ofMillis(100);
    private static final Duration READINESS_TICK = Duration.ofMillis(100);

    /// How long the start waits for event publishers that discovery names but nobody can reach.
    private static final Duration CONNECT_WAIT = Duration.ofSeconds(5);

    private final EppConfig config;
    private final EppMetrics metrics = new EppMetrics();
    private final TcpRequestPlaneClient requestPlane;
    private final NatsConnection nats;
    private final Kubernetes kubernetes;
    private final Brain brain;
    private final WarmUp warmUp;
    private final ExtProcService extProc;
    private final GrpcHealth health = new GrpcHealth();
    private final @Nullable ServerTls tls;
    private final GrpcServers servers;
    private final AdminServer admin;
    private final @Nullable SelectionServer selections;
    private final Readiness readiness;
    private final ScheduledExecutorService timer;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CountDownLatch ready = new CountDownLatch(1);

    public Epp(EppConfig config) throws IOException {
        this.config = config;
        Clocks clocks = Clocks.system();
        requestPlane = new TcpRequestPlaneClient(
                config.requestPlane(), () -> UUID.randomUUID().toString(), clocks.nanos());
        nats = new NatsConnection(config.nats());
        kubernetes = new Kubernetes(config.kube(), metrics);
        brain = Brain.of(config, requestPlane, nats, kubernetes, metrics, clocks);
        warmUp = new WarmUp(clocks.nanos());
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("ticks").daemon().factory());
        // Waiting for a worker is not deciding.
        ExtProcConfig patient = config.queue().profiles().queue()
                ? config.extProc().withLongerPick(config.queue().timeout())
                : config.extProc();
        extProc = new ExtProcService(
                patient,
                brain.router(),
                metrics,
                new ExtProcHost(
                        Executors.newSingleThreadScheduledExecutor(
                                Thread.ofPlatform().name("deadlines").daemon().factory()),
                        clocks.nanos(),
                        () -> UUID.randomUUID().toString(),
                        this::wasReady));
        tls = config.tls().secure() ? new ServerTls(config.tls(), clocks.wall().instant()) : null;
        servers = new GrpcServers(
                config.server(),
                config.extProc().bodyBytesMax(),
                tls == null ? null : tls.context(),
                extProc.bindService(),
                health.service());
        long startNanos = clocks.nanos().getAsLong();
        Readiness conditions = new Readiness()
                .requireOnce("pick path warm", warmUp::isDone)
                .requireOnce("discovery synced", brain::discoverySynced)
                .show("discovery connected", brain::discoveryConnected)
                .requireOnce("initial workers", () -> brain.workers() >= config.minInitialWorkers())
                .requireOnce("models loaded", () -> brain.discoverySynced() && brain.modelsSettled())
                .requireOnce(
                        "event sources connected",
                        () -> (brain.discoverySynced() && brain.eventSourcesConnected())
                                || clocks.nanos().getAsLong() - startNanos > CONNECT_WAIT.toNanos());
        readiness = config.prefill().enforceDisagg()
                ? conditions.requireOnce("prefill workers joined", brain::modelsServable)
                : conditions;
        selections = config.selection().isOn()
                ? new SelectionServer(
                        config.selection(),
                        brain.selections(),
                        brain::workerSet,
                        () -> UUID.randomUUID().toString())
                : null;
        admin = new AdminServer(
                config.admin(),
                new AdminSources(
                        metrics,
                        brain.inspection(),
                        readiness::report,
                        brain::eventSourceRows,
                        brain::dump,
                        brain.thresholds()));
    }

    /// Runs until the process is told to stop. `ignored`: flags of other pickers that mean nothing
    /// here, for the log.
    ///
    /// @throws IOException when a port is taken; the message names it
    public static void run(EppConfig config, String version, List<String> ignored)
            throws IOException, InterruptedException {
        Logging.configure(config.log());
        LOG.info("kv-epp {} starts", version);
        ignored.forEach(flag -> LOG.info("--{}: ignored, it is another picker's", flag));
        config.conflicts().forEach(conflict -> LOG.warn("{}", conflict));
        Epp epp = new Epp(config);
        try {
            epp.start();
        } catch (IOException | ConfigurationException e) {
            epp.close();
            throw e;
        }
        if (config.server().exitWhenReady()) {
            epp.ready.await();
            epp.close();
            return;
        }
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            epp.drain();
                            epp.close();
                            // An orderly stop is a success, whatever signal asked for it.
                            Runtime.getRuntime().halt(0);
                        },
                        "stop"));
        new CountDownLatch(1).await();
    }

    /// Starts everything; returns before the process is ready.
    ///
    /// @throws IOException when a port is taken; the message names it
    /// @throws ConfigurationException when a file that is read at the start is not what it should be
    public void start() throws IOException {
        servers.startHealth();
        admin.start();
        warmUp.start();
        requestPlane.start();
        if (config.eventPlane().equals(Plugins.NATS)) {
            nats.start();
        }
        brain.start();
        if (selections != null) {
            selections.start();
        }
        extProc.start();
        servers.startExtProc();
        var _ = timer.scheduleWithFixedDelay(
                this::publishReadiness, 0, READINESS_TICK.toMillis(), TimeUnit.MILLISECONDS);
        var _ = timer.scheduleWithFixedDelay(guarded(brain::tick), 1, 1, TimeUnit.SECONDS);
        var _ = timer.scheduleWithFixedDelay(
                guarded(brain::tickOften), OFTEN.toMillis(), OFTEN.toMillis(), TimeUnit.MILLISECONDS);
        if (tls != null) {
            long reloadMillis = config.tls().reload().toMillis();
            var _ = timer.scheduleWithFixedDelay(
                    guarded(tls::reload), reloadMillis, reloadMillis, TimeUnit.MILLISECONDS);
        }
        LOG.atInfo()
                .addKeyValue("port", servers.port())
                .addKeyValue("healthPort", servers.healthPort())
                .addKeyValue("adminPort", admin.port())
                .addKeyValue("selectionPort", selections == null ? "none" : selections.port())
                .log("listening");
    }

    int port() {
        return servers.port();
    }

    int healthPort() {
        return servers.healthPort();
    }

    int adminPort() {
        return admin.port();
    }

    /// Withdraws readiness, waits for gateways to notice, then for requests under way.
    void drain() {
        readiness.drain();
        publishReadiness();
        LOG.info("stopping: {} requests under way", extProc.openStreams());
        try {
            Thread.sleep(config.server().drainPropagation());
            servers.drainExtProc(config.server().drainTimeout(), () -> extProc.openStreams() == 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (stopped.compareAndSet(false, true)) {
            timer.shutdownNow();
            servers.close();
            extProc.close();
            if (selections != null) {
                selections.close();
            }
            brain.close();
            kubernetes.close();
            requestPlane.close();
            nats.close();
            admin.close();
            metrics.close();
            LOG.info("stopped");
        }
    }

    /// A task that fails once is run again all the same.
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("a regular task failed", e);
            }
        };
    }

    private boolean wasReady() {
        return ready.getCount() == 0 || readiness.isReady();
    }

    private synchronized void publishReadiness() {
        boolean isReady = readiness.isReady();
        health.setReady(isReady);
        if (isReady && ready.getCount() > 0) {
            LOG.info("ready");
            ready.countDown();
        }
    }
}
