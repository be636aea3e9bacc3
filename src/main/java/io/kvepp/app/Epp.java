package io.kvepp.app;

import io.kvepp.admin.AdminServer;
import io.kvepp.admin.AdminSources;
import io.kvepp.config.ConfigurationException;
import io.kvepp.conformance.ConformancePicker;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.registered.RegisteredWorkers;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeStore;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.nats.NatsConnection;
import io.kvepp.pool.Pools;
import io.kvepp.pool.rules.RulesPicker;
import io.kvepp.pool.rules.WatchedRules;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.routerservice.plane.RouterEndpoints;
import io.kvepp.tls.ServerTls;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
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
    private static final Duration HEAP_TRIM_TICK = Duration.ofSeconds(3);
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
    private final @Nullable Pools pools;
    private final @Nullable ConformancePicker conformance;
    private final WatchedRules rules;
    private final @Nullable RouterEndpoints routerEndpoints;
    private final boolean gateway;
    private final WarmUp warmUp;
    private final ExtProcService extProc;
    private final GrpcHealth health = new GrpcHealth();
    private final @Nullable ServerTls tls;
    private final GrpcServers servers;
    private final AdminServer admin;
    private final SelectionPorts selections;
    private final Readiness readiness;
    private final ScheduledExecutorService timer;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CountDownLatch ready = new CountDownLatch(1);

    /// A picker for gateways, which may be a router too.
    public Epp(EppConfig config) throws IOException {
        this(config, Role.GATEWAY);
    }

    /// What the process is there for.
    public enum Role {
        /// It picks for gateways, and is a standalone router as well when it is given an endpoint.
        GATEWAY,
        /// It is a standalone router alone: it reads no prompts and needs no models.
        ROUTER
    }

    public Epp(EppConfig config, Role role) throws IOException {
        this(config, role, metrics -> new KubeClient(config.kube(), metrics));
    }

    /// `cluster`: connects to the API server, where one is needed
    Epp(EppConfig config, Role role, Function<EppMetrics, KubeStore> cluster) throws IOException {
        this.config = config;
        gateway = role == Role.GATEWAY;
        Clocks clocks = Clocks.system();
        nats = new NatsConnection(config.nats());
        requestPlane = new TcpRequestPlaneClient(
                config.requestPlanes().calls(),
                () -> UUID.randomUUID().toString(),
                clocks.nanos(),
                new NatsCarrier(nats));
        kubernetes = new Kubernetes(() -> cluster.apply(metrics));
        WorkerDiscovery found = Plugins.discovery(config, metrics, clocks.wall(), kubernetes);
        @Nullable
        RegisteredWorkers registered = gateway ? null : new RegisteredWorkers(found, RouterService.rules(config));
        brain = Brain.of(config, registered == null ? found : registered, requestPlane, nats, metrics, clocks);
        brain.readPrompts(gateway);
        routerEndpoints = RouterService.of(config, brain, requestPlane, kubernetes, metrics, clocks);
        warmUp = new WarmUp(clocks.nanos(), config.tls().secure());
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("ticks").daemon().factory());
        rules = config.pool().pools().isEmpty() || config.conformanceTestMode()
                ? WatchedRules.none()
                : WatchedRules.of(config.pool().pools(), kubernetes.api());
        // Waiting for a worker is not deciding.
        ExtProcConfig patient = config.queue().profiles().queue()
                ? config.extProc().withLongerPick(config.queue().timeout())
                : config.extProc();
        conformance = config.conformanceTestMode() ? new ConformancePicker() : null;
        extProc = new ExtProcService(
                patient,
                PoolPorts.ofMarked(
                        conformance == null
                                ? new RulesPicker(config.rules(), rules, brain.router(), new Random())
                                : conformance),
                metrics,
                new ExtProcHost(
                        Executors.newSingleThreadScheduledExecutor(
                                Thread.ofPlatform().name("deadlines").daemon().factory()),
                        clocks.nanos(),
                        () -> UUID.randomUUID().toString(),
                        this::wasReady));
        tls = config.tls().secure() ? new ServerTls(config.tls(), clocks.wall().instant()) : null;
        servers = servers(config, tls, extProc, health);
        pools = config.pool().isUsed() ? new Pools(config.pool(), kubernetes.api()) : null;
        long startNanos = clocks.nanos().getAsLong();
        Readiness conditions = new Readiness()
                .requireOnce("pick path warm", () -> !gateway || warmUp.isDone())
                .requireOnce("discovery synced", brain::discoverySynced)
                .show("discovery connected", brain::discoveryConnected)
                .requireOnce("initial workers", () -> brain.workers() >= config.minInitialWorkers())
                .requireOnce("models loaded", () -> !gateway || (brain.discoverySynced() && brain.modelsSettled()))
                .requireOnce(
                        "event sources connected",
                        () -> (brain.discoverySynced() && brain.eventSourcesConnected())
                                || clocks.nanos().getAsLong() - startNanos > CONNECT_WAIT.toNanos());
        if (config.prefill().enforceDisagg()) {
            conditions.requireOnce("prefill workers joined", brain::modelsServable);
        }
        if (pools != null) {
            conditions.requireOnce("pools synced", pools::synced);
        }
        readiness = conditions;
        selections = new SelectionPorts(config, brain, registered);
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

    private static GrpcServers servers(
            EppConfig config, @Nullable ServerTls tls, ExtProcService extProc, GrpcHealth health) throws IOException {
        return new GrpcServers(
                config.server(),
                PoolPorts.of(config.pool(), config.server().port()),
                config.extProc().bodyBytesMax(),
                tls == null ? null : tls.context(),
                extProc.bindService(),
                health.service());
    }

    /// Runs until the process is told to stop. `ignored`: what was given and means nothing here, each
    /// with the reason, for the log.
    ///
    /// @throws IOException when a port is taken; the message names it
    public static void run(EppConfig config, Role role, String version, List<String> ignored)
            throws IOException, InterruptedException {
        Logging.configure(config.log());
        LOG.info("kv-epp {} starts", version);
        ignored.forEach(LOG::info);
        if (config.conformanceTestMode()) {
            LOG.warn("--conformance-test-mode: requests say themselves where they go; never use it for real traffic");
        }
        config.conflicts().forEach(conflict -> LOG.warn("{}", conflict));
        Epp epp = new Epp(config, role);
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
        requestPlane.start();
        if (config.eventPlane().equals(Plugins.NATS)) {
            nats.start();
        }
        if (gateway) {
            warmUp.start();
        }
        if (routerEndpoints != null) {
            routerEndpoints.start();
        }
        brain.start();
        if (gateway && pools == null && !config.hasEngines()) {
            LOG.info("any gateway will do but one: {}", PoolUpdates.TERSE_GATEWAY);
        }
        if (pools != null) {
            pools.start(new PoolUpdates(brain.router(), conformance, config.hasEngines()));
        }
        selections.start();
        extProc.start();
        if (gateway) {
            servers.startExtProc();
        }
        var _ = timer.scheduleWithFixedDelay(
                this::publishReadiness, 0, READINESS_TICK.toMillis(), TimeUnit.MILLISECONDS);
        var _ = timer.scheduleWithFixedDelay(guarded(brain::tick), 1, 1, TimeUnit.SECONDS);
        var _ = timer.scheduleWithFixedDelay(
                guarded(this::tickOften), OFTEN.toMillis(), OFTEN.toMillis(), TimeUnit.MILLISECONDS);
        HeapTrim trim = new HeapTrim(
                () -> Runtime.getRuntime().totalMemory(),
                () -> Thread.ofPlatform().name("heap-trim").daemon().start(System::gc));
        var _ = timer.scheduleWithFixedDelay(
                guarded(trim::tick), HEAP_TRIM_TICK.toMillis(), HEAP_TRIM_TICK.toMillis(), TimeUnit.MILLISECONDS);
        if (tls != null) {
            long reloadMillis = config.tls().reload().toMillis();
            var _ = timer.scheduleWithFixedDelay(
                    guarded(tls::reload), reloadMillis, reloadMillis, TimeUnit.MILLISECONDS);
        }
        LOG.atInfo()
                .addKeyValue("ports", gateway ? servers.ports() : "none")
                .addKeyValue("healthPort", servers.healthPort())
                .addKeyValue("adminPort", admin.port())
                .addKeyValue("selectionPort", selections.httpPort())
                .addKeyValue("selectionGrpcPort", selections.grpcPort())
                .log("listening");
    }

    int port() {
        return servers.port();
    }

    /// Whether every pool and its pods were seen.
    boolean poolsSynced() {
        return pools != null && pools.synced();
    }

    int healthPort() {
        return servers.healthPort();
    }

    /// Of the selection API over HTTP, and over gRPC.
    SelectionPorts selections() {
        return selections;
    }

    int adminPort() {
        return admin.port();
    }

    /// Withdraws readiness, waits for gateways to notice, then for requests under way.
    void drain() {
        readiness.drain();
        selections.drain();
        publishReadiness();
        LOG.info("stopping: {} requests under way", extProc.openStreams());
        try {
            if (routerEndpoints != null) {
                routerEndpoints.withdraw();
            }
            Thread.sleep(config.server().drainPropagation());
            if (routerEndpoints != null) {
                routerEndpoints.drain(config.server().drainTimeout());
            }
            servers.drainExtProc(config.server().drainTimeout(), () -> extProc.openStreams() == 0, extProc::letGo);
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
            if (routerEndpoints != null) {
                routerEndpoints.close();
            }
            selections.close();
            brain.close();
            if (pools != null) {
                pools.close();
            }
            rules.close();
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

    private void tickOften() {
        brain.tickOften();
        selections.tick();
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
