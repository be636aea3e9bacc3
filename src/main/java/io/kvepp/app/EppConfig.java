package io.kvepp.app;

import io.kvepp.admin.AdminConfig;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.eventplane.zmq.ZmqConfig;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.kvevents.KvEventsConfig;
import io.kvepp.load.LoadConfig;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.preprocess.PreprocessConfig;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.router.PrefixConfig;
import io.kvepp.router.RouterConfig;
import io.kvepp.router.prefill.PrefillConfig;
import io.kvepp.scheduling.HealthConfig;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.overload.OverloadThresholds;

/// Every option of the process.
///
/// Immutable.
public record EppConfig(
        ServerConfig server,
        AdminConfig admin,
        ExtProcConfig extProc,
        BodyConfig body,
        RouterConfig router,
        PrefixConfig prefixes,
        SchedulingConfig scheduling,
        PrefillConfig prefill,
        HealthConfig health,
        OverloadThresholds overload,
        LoadConfig load,
        String discoveryBackend,
        DiscoveryConfig discovery,
        FileDiscoveryConfig fileDiscovery,
        String eventPlane,
        ZmqConfig zmq,
        KvEventsConfig kvEvents,
        TcpRequestPlaneConfig requestPlane,
        PreprocessConfig preprocess,
        ModelFilesConfig modelFiles,
        LogConfig log) {
    public static EppConfig from(Options options) {
        ServerConfig server = ServerConfig.from(options);
        return new EppConfig(
                server,
                AdminConfig.from(options, server.host()),
                ExtProcConfig.from(options),
                BodyConfig.from(options),
                RouterConfig.from(options),
                PrefixConfig.from(options),
                SchedulingConfig.from(options),
                PrefillConfig.from(options),
                HealthConfig.from(options),
                OverloadThresholds.from(options),
                LoadConfig.from(options),
                options.option("discovery-backend", "where workers announce themselves")
                        .env("DYN_DISCOVERY_BACKEND")
                        .choice(Plugins.FILE, Plugins.discoveryBackends()),
                DiscoveryConfig.from(options),
                FileDiscoveryConfig.from(options),
                options.option("event-plane", "how KV events arrive")
                        .env("DYN_EVENT_PLANE")
                        .choice(Plugins.ZMQ, Plugins.eventPlanes()),
                ZmqConfig.from(options),
                KvEventsConfig.from(options),
                TcpRequestPlaneConfig.from(options),
                PreprocessConfig.from(options),
                ModelFilesConfig.from(options),
                LogConfig.from(options));
    }
}
