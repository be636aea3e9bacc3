package io.kvepp.app;

import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The gRPC health service under the names that gateways, charts and load balancers ask for.
///
/// `liveness` serves while the process can answer; all others follow readiness.
///
/// Besides Check and Watch there is List, which tells of every name.
///
/// Source: Endpoint Picker protocol rules P13-P15; the names `inference-extension` and the empty
/// one are what existing deployments probe.
///
/// Thread-safe.
final class GrpcHealth {
    static final String LIVENESS = "liveness";
    static final List<String> READINESS =
            List.of("", "readiness", "inference-extension", "envoy.service.ext_proc.v3.ExternalProcessor");

    private final HealthStatusManager manager = new HealthStatusManager();
    private volatile ServingStatus readiness = ServingStatus.NOT_SERVING;

    GrpcHealth() {
        manager.setStatus(LIVENESS, ServingStatus.SERVING);
        setReady(false);
    }

    ServerServiceDefinition service() {
        return HealthList.added(manager.getHealthService().bindService(), this::all);
    }

    void setReady(boolean ready) {
        readiness = ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        READINESS.forEach(name -> manager.setStatus(name, readiness));
    }

    private Map<String, ServingStatus> all() {
        ServingStatus now = readiness;
        Map<String, ServingStatus> all = new LinkedHashMap<>();
        all.put(LIVENESS, ServingStatus.SERVING);
        READINESS.forEach(name -> all.put(name, now));
        return all;
    }
}
