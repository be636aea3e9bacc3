package io.kvepp.app;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.List;

/// The gRPC health service under the names that gateways, charts and load balancers ask for.
///
/// `liveness` serves while the process can answer; all others follow readiness.
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

    GrpcHealth() {
        manager.setStatus(LIVENESS, ServingStatus.SERVING);
        setReady(false);
    }

    BindableService service() {
        return manager.getHealthService();
    }

    void setReady(boolean ready) {
        ServingStatus status = ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        READINESS.forEach(name -> manager.setStatus(name, status));
    }
}
