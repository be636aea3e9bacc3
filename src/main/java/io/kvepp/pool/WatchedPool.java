package io.kvepp.pool;

import io.kvepp.kube.KubeApi;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeWatch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One pool: the object that describes it, unless the configuration does, and the pods it selects.
///
/// A selector that changes is followed by a new watch of pods; until that has seen them all the
/// members of the old one stay.
///
/// Confined to the thread of [Pools], except [#synced].
final class WatchedPool {
    static final KubeKind INFERENCE_POOL =
            new KubeKind("inference.networking.k8s.io", "v1", "inferencepools", "InferencePool");

    private static final Logger LOG = LoggerFactory.getLogger(WatchedPool.class);

    private final String key;
    private final String namespace;
    private final KubeApi api;
    private final Runnable onChange;
    private final @Nullable KubeWatch object;
    private @Nullable PoolSpec spec;
    private @Nullable Selected pods;
    private PoolMembers members = PoolMembers.NONE;
    private List<String> controllers = List.of();
    private String oddProtocol = "";
    private volatile boolean told;

    /// The pods of one selector.
    private record Selected(Map<String, String> selector, KubeWatch watch) {}

    private WatchedPool(
            String key,
            String namespace,
            KubeApi api,
            Runnable onChange,
            @Nullable KubeWatch object,
            @Nullable PoolSpec spec) {
        this.key = key;
        this.namespace = namespace;
        this.api = api;
        this.onChange = onChange;
        this.object = object;
        this.spec = spec;
    }

    static WatchedPool named(PoolRef pool, KubeApi api, Runnable onChange) {
        String namespace = pool.namespace().isEmpty() ? api.namespace() : pool.namespace();
        KubeWatch object = api.watch(INFERENCE_POOL, KubeScope.named(namespace, pool.name()), onChange);
        return new WatchedPool(pool.key(), namespace, api, onChange, object, null);
    }

    static WatchedPool selected(
            Map<String, String> selector, List<Integer> targetPorts, KubeApi api, Runnable onChange) {
        PoolSpec spec = PoolSpec.selecting(selector, targetPorts);
        onChange.run();
        return new WatchedPool(Pools.SELECTED, api.namespace(), api, onChange, null, spec);
    }

    /// Whether the members have been told, even if there are none.
    boolean synced() {
        return told;
    }

    /// Tells the listener when the members are others than before.
    void look(PoolListener listener) {
        if (object != null && !object.synced()) {
            return;
        }
        PoolSpec now = object == null ? spec : described(object.objects());
        if (now == null) {
            unwatch();
            tell(PoolMembers.NONE, listener);
            return;
        }
        tellOfGateways(now, listener);
        Selected current = pods;
        if (current == null || !current.selector().equals(now.selector())) {
            unwatch();
            KubeScope scope = KubeScope.labelled(namespace, now.selector());
            current = new Selected(now.selector(), api.watch(KubeKind.POD, scope, onChange));
            pods = current;
        }
        if (current.watch().synced()) {
            tell(PoolMembers.of(now.targetPorts(), current.watch().objects()), listener);
        }
    }

    void close() {
        unwatch();
        if (object != null) {
            object.close();
        }
    }

    private static @Nullable PoolSpec described(List<KubeObject> objects) {
        return objects.isEmpty() ? null : PoolSpec.of(objects.getFirst());
    }

    private void tellOfGateways(PoolSpec now, PoolListener listener) {
        if (!now.controllers().equals(controllers)) {
            controllers = now.controllers();
            listener.onGateways(key, controllers);
        }
        String odd = now.hasKnownProtocol() ? "" : now.appProtocol();
        if (!odd.isEmpty() && !odd.equals(oddProtocol)) {
            LOG.warn(
                    "pool {}: appProtocol: {} (expected: http or kubernetes.io/h2c); gateways may not reach its pods",
                    key,
                    odd);
        }
        oddProtocol = odd;
    }

    private void unwatch() {
        if (pods != null) {
            pods.watch().close();
            pods = null;
        }
    }

    private void tell(PoolMembers now, PoolListener listener) {
        if (!told || !now.equals(members)) {
            listener.onMembers(key, now);
            LOG.info("pool {} has {} endpoints", key, now.endpoints().size());
            members = now;
            told = true;
        }
    }
}
