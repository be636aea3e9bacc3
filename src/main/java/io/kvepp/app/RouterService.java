package io.kvepp.app;

import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.discovery.registered.RegistrationRules;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneServer;
import io.kvepp.routerservice.plane.RouterEndpoints;
import io.kvepp.routerservice.plane.RouterEndpointsParts;
import java.security.SecureRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Builds the standalone router, where it is asked for.
final class RouterService {
    private RouterService() {}

    /// What workers say who are registered with the router.
    static RegistrationRules rules(EppConfig config) {
        return new RegistrationRules(
                config.prefixes().useKvEvents(), config.queue().profiles().queue());
    }

    /// Null when there is no endpoint to serve for.
    static @Nullable RouterEndpoints of(
            EppConfig config,
            Brain brain,
            TcpRequestPlaneClient workers,
            Kubernetes kubernetes,
            EppMetrics metrics,
            Clocks clocks) {
        if (config.requestPlanes().endpoints().workers() == null) {
            return null;
        }
        SecureRandom random = new SecureRandom();
        EndpointRegistration registration = Plugins.registration(config, kubernetes, clocks, random.nextLong());
        RouterEndpoints endpoints = new RouterEndpoints(
                config.requestPlanes().endpoints(),
                new RouterEndpointsParts(
                        brain.selections(),
                        workers,
                        brain.workersNow(),
                        config.prefill().enforceDisagg(),
                        UUID::randomUUID,
                        random::nextLong),
                new TcpRequestPlaneServer(config.requestPlanes().server(), metrics, clocks.nanos(), workers),
                registration);
        brain.onWorkers(endpoints::onWorkers);
        return endpoints;
    }
}
