package io.kvepp.app;

import io.kvepp.conformance.ConformancePicker;
import io.kvepp.pool.PoolListener;
import io.kvepp.pool.PoolMembers;
import io.kvepp.router.KvRouter;
import io.kvepp.router.PoolEndpoints;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands on what is heard of pools, and warns of gateways that cannot work with Dynamo's frontends.
///
/// Thread-safe.
final class PoolUpdates implements PoolListener {
    static final String TERSE_GATEWAY =
            "NGINX Gateway Fabric passes on no header but the destination, so Dynamo frontends in Direct mode"
                    + " refuse its requests";

    private static final Logger LOG = LoggerFactory.getLogger(PoolUpdates.class);

    private final KvRouter router;
    private final @Nullable ConformancePicker conformance;
    private final boolean engines;

    /// `conformance`: decides in place of the router, unless null; `engines`: pods are asked without any
    /// frontend
    PoolUpdates(KvRouter router, @Nullable ConformancePicker conformance, boolean engines) {
        this.router = router;
        this.conformance = conformance;
        this.engines = engines;
    }

    @Override
    public void onMembers(String pool, PoolMembers members) {
        if (conformance == null) {
            Map<Long, PoolEndpoints.Pod> byWorker = new HashMap<>();
            members.byWorker()
                    .forEach((id, pod) -> byWorker.put(id, new PoolEndpoints.Pod(pod.members(), pod.entries())));
            router.onPool(pool, new PoolEndpoints(members.endpoints(), byWorker));
        } else {
            conformance.onPool(pool, members.endpoints());
        }
    }

    @Override
    public void onGateways(String pool, List<String> controllers) {
        boolean terse = controllers.stream()
                .anyMatch(name -> name.toLowerCase(Locale.ROOT).contains("nginx"));
        if (terse && !engines && conformance == null) {
            LOG.warn("pool {}: {}", pool, TERSE_GATEWAY);
        }
    }
}
