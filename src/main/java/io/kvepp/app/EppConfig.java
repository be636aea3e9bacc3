package io.kvepp.app;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.admin.AdminConfig;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.etcd.EtcdConfig;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig;
import io.kvepp.discovery.staticlist.StaticListConfig;
import io.kvepp.eventplane.zmq.ZmqConfig;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.kube.KubeConfig;
import io.kvepp.kvevents.KvEventsConfig;
import io.kvepp.load.LoadConfig;
import io.kvepp.load.signals.EnginePagesConfig;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.nats.NatsConfig;
import io.kvepp.pool.PoolConfig;
import io.kvepp.pool.rules.RulesConfig;
import io.kvepp.preprocess.PreprocessConfig;
import io.kvepp.router.PrefixConfig;
import io.kvepp.router.RouterConfig;
import io.kvepp.router.prefill.PrefillConfig;
import io.kvepp.routerservice.grpc.SelectionGrpcConfig;
import io.kvepp.routerservice.http.SelectionHttpConfig;
import io.kvepp.scheduling.HealthConfig;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SessionConfig;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.tls.TlsConfig;
import java.util.List;

/// Every option of the process.
///
/// - `resetStates`: the index starts empty, whatever workers hold
/// - `conformanceTestMode`: requests are not routed by what is known of workers; they say themselves
///   where they go
/// - `minInitialWorkers`: workers that must be there once before the process is ready
/// - `conflicts`: what variables of the same meaning say differently
///
/// Immutable.
public record EppConfig(
        ServerConfig server,
        TlsConfig tls,
        AdminConfig admin,
        SelectionHttpConfig selection,
        SelectionGrpcConfig selectionGrpc,
        ExtProcConfig extProc,
        BodyConfig body,
        RouterConfig router,
        PrefixConfig prefixes,
        SchedulingConfig scheduling,
        SessionConfig sessions,
        PrefillConfig prefill,
        HealthConfig health,
        OverloadThresholds overload,
        QueueConfig queue,
        LoadConfig load,
        EnginePagesConfig enginePages,
        String discoveryBackend,
        DiscoveryConfig discovery,
        FileDiscoveryConfig fileDiscovery,
        EtcdConfig etcd,
        KubernetesDiscoveryConfig kubernetesDiscovery,
        StaticListConfig staticList,
        KubeConfig kube,
        PoolConfig pool,
        boolean conformanceTestMode,
        RulesConfig rules,
        String eventPlane,
        ZmqConfig zmq,
        NatsConfig nats,
        KvEventsConfig kvEvents,
        boolean resetStates,
        RequestPlanes requestPlanes,
        PreprocessConfig preprocess,
        ModelFilesConfig modelFiles,
        LogConfig log,
        int minInitialWorkers,
        List<String> conflicts) {
    private static final int MIN_INITIAL_WORKERS_MAX = 4096;

    public EppConfig {
        check(
                scheduling.trackActiveBlocks() || !load.trackOutputBlocks(),
                "router-track-output-blocks",
                true,
                "false when router-track-active-blocks is false");
        check(
                minInitialWorkers >= 0 && minInitialWorkers <= MIN_INITIAL_WORKERS_MAX,
                "router-min-initial-workers",
                minInitialWorkers,
                "0 to " + MIN_INITIAL_WORKERS_MAX);
        check(
                !discoveryBackend.equals(Plugins.STATIC) || staticList.hasFile(),
                "static-workers",
                "none",
                "a YAML file, since discovery-backend is static");
        check(
                !conformanceTestMode || pool.isUsed(),
                "conformance-test-mode",
                true,
                "false without a pool of pods (pool, endpoint-selector)");
        conflicts = List.copyOf(conflicts);
        router = hasEngines(discoveryBackend, pool) ? router.forEngines() : router;
    }

    /// Whether requests go to engines without Dynamo.
    boolean hasEngines() {
        return hasEngines(discoveryBackend, pool);
    }

    private static boolean hasEngines(String discoveryBackend, PoolConfig pool) {
        return discoveryBackend.equals(Plugins.STATIC) || (discoveryBackend.equals(Plugins.NONE) && pool.isUsed());
    }

    public static EppConfig from(Options options) {
        RefusedOptions.check(options);
        IgnoredVariables.note(options);
        ServerConfig server = ServerConfig.from(options);
        TlsConfig tls = TlsConfig.from(options);
        AdminConfig admin = AdminConfig.from(options, server.host());
        SelectionHttpConfig selection = SelectionHttpConfig.from(options, server.host());
        SelectionGrpcConfig selectionGrpc = SelectionGrpcConfig.from(options, server.host());
        ExtProcConfig extProc = ExtProcConfig.from(options);
        BodyConfig body = BodyConfig.from(options);
        RouterConfig router = RouterConfig.from(options);
        boolean loadAware = options.option("load-aware", "look at load alone: neither at caches nor at KV events")
                .env("DYN_ROUTER_LOAD_AWARE")
                .flag(false);
        PrefixConfig prefixes = PrefixConfig.from(options);
        SchedulingConfig scheduling = SchedulingConfig.from(options);
        return new EppConfig(
                server,
                tls,
                admin,
                selection,
                selectionGrpc,
                extProc,
                body,
                router,
                loadAware ? prefixes.loadAware() : prefixes,
                loadAware ? scheduling.loadAware() : scheduling,
                SessionConfig.from(options),
                PrefillConfig.from(options),
                HealthConfig.from(options),
                OverloadThresholds.from(options),
                QueueConfig.from(options),
                LoadConfig.from(options),
                EnginePagesConfig.from(options),
                options.option("discovery-backend", "where workers announce themselves")
                        .env("DYN_DISCOVERY_BACKEND")
                        .choice(Plugins.FILE, Plugins.discoveryBackends()),
                DiscoveryConfig.from(options),
                FileDiscoveryConfig.from(options),
                EtcdConfig.from(options),
                KubernetesDiscoveryConfig.from(options),
                StaticListConfig.from(options),
                KubeConfig.from(options),
                PoolConfig.from(options),
                options.option(
                                "conformance-test-mode",
                                "obey the headers of the official conformance suite; route nothing")
                        .flag(false),
                RulesConfig.from(options),
                options.option("event-plane", "how KV events arrive")
                        .env("DYN_EVENT_PLANE")
                        .choice(Plugins.ZMQ, Plugins.eventPlanes()),
                ZmqConfig.from(options),
                NatsConfig.from(options),
                KvEventsConfig.from(options),
                options.option("router-reset-states", "start with an empty index, whatever workers hold")
                        .flag(false),
                RequestPlanes.from(options),
                PreprocessConfig.from(options),
                ModelFilesConfig.from(options),
                LogConfig.from(options),
                options.option("router-min-initial-workers", "workers that must be there before the process is ready")
                        .env("DYN_ROUTER_MIN_INITIAL_WORKERS")
                        .integer(0),
                options.conflicts());
    }
}
