package io.kvepp.pool.rules;

import io.kvepp.kube.KubeApi;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeWatch;
import io.kvepp.pool.PoolRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The objectives and rewrites of every pool of the configuration.
///
/// Both API groups are watched. Objects of the older one count only where the newer one's kind does
/// not exist (or may not be read). A cluster without either has no rules, and nothing waits for them.
///
/// Source: llm-d router, `apix/v1alpha2`.
///
/// Thread-safe.
public final class WatchedRules implements AutoCloseable {
    static final List<String> GROUPS = List.of("llm-d.ai", "inference.networking.x-k8s.io");
    private static final String VERSION = "v1alpha2";

    private static final Logger LOG = LoggerFactory.getLogger(WatchedRules.class);

    private final Map<String, OfPool> pools;

    private WatchedRules(Map<String, OfPool> pools) {
        this.pools = Map.copyOf(pools);
    }

    /// For processes without pools.
    public static WatchedRules none() {
        return new WatchedRules(Map.of());
    }

    public static WatchedRules of(List<PoolRef> pools, KubeApi api) {
        Map<String, OfPool> watched = new HashMap<>();
        pools.forEach(pool -> watched.put(pool.key(), new OfPool(pool, api)));
        return new WatchedRules(watched);
    }

    /// The rules for requests to the pool; those of no pool have none.
    PoolRules of(@Nullable String pool) {
        @Nullable OfPool watched = pool == null ? null : pools.get(pool);
        return watched == null ? PoolRules.NONE : watched.rules;
    }

    @Override
    public void close() {
        pools.values().forEach(OfPool::close);
    }

    static KubeKind objective(String group) {
        return new KubeKind(group, VERSION, "inferenceobjectives", "InferenceObjective");
    }

    static KubeKind rewrite(String group) {
        return new KubeKind(group, VERSION, "inferencemodelrewrites", "InferenceModelRewrite");
    }

    private static final class OfPool {
        private final String key;
        private final String name;
        private final List<KubeWatch> objectives = new ArrayList<>();
        private final List<KubeWatch> rewrites = new ArrayList<>();
        private volatile PoolRules rules = PoolRules.NONE;

        OfPool(PoolRef pool, KubeApi api) {
            key = pool.key();
            name = pool.name();
            KubeScope scope = KubeScope.all(pool.namespace().isEmpty() ? api.namespace() : pool.namespace());
            synchronized (this) {
                for (String group : GROUPS) {
                    objectives.add(api.watch(objective(group), scope, this::read));
                    rewrites.add(api.watch(rewrite(group), scope, this::read));
                }
            }
            read();
        }

        private synchronized void read() {
            Map<String, Integer> priorities = new HashMap<>();
            for (KubeObject object : newest(objectives)) {
                priorities.put(
                        object.name(),
                        object.json().path("spec").path("priority").asInt());
            }
            PoolRules now = new PoolRules(priorities, ModelRewrites.of(newest(rewrites)));
            if (!now.equals(rules)) {
                rules = now;
                LOG.info(
                        "pool {} has {} objectives and {} rules for model names",
                        key,
                        now.priorities().size(),
                        now.rewrites().rules().size());
            }
        }

        /// Those of the pool, of the first group that can be read.
        private List<KubeObject> newest(List<KubeWatch> groups) {
            return groups.stream()
                    .filter(KubeWatch::synced)
                    .findFirst()
                    .map(KubeWatch::objects)
                    .orElse(List.of())
                    .stream()
                    .filter(object -> !object.isLeaving()
                            && object.json()
                                    .path("spec")
                                    .path("poolRef")
                                    .path("name")
                                    .asText()
                                    .equals(name))
                    .toList();
        }

        private synchronized void close() {
            objectives.forEach(KubeWatch::close);
            rewrites.forEach(KubeWatch::close);
        }
    }
}
