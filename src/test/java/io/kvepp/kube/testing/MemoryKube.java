package io.kvepp.kube.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeStore;
import io.kvepp.kube.KubeWatch;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// An API server without a server: objects are put and deleted by the test.
///
/// Thread-safe.
public final class MemoryKube implements KubeStore {
    private final String namespace;
    private final Map<KubeKind, Map<String, JsonNode>> kinds = new HashMap<>();
    private final List<Watch> watches = new CopyOnWriteArrayList<>();
    private boolean synced = true;
    private long version;
    private volatile boolean refusing;

    public MemoryKube(String namespace) {
        this.namespace = namespace;
    }

    /// Creates or replaces an object of the namespace; the tree is copied.
    public void put(KubeKind kind, JsonNode object) {
        synchronized (this) {
            ObjectNode copy = object.deepCopy();
            copy.withObject("metadata").put("resourceVersion", Long.toString(++version));
            objectsOf(kind).put(copy.path("metadata").path("name").asText(), copy);
        }
        changed(kind);
    }

    /// Puts every item of a list.
    public void putAll(KubeKind kind, JsonNode list) {
        list.path("items").forEach(item -> put(kind, item));
    }

    /// While set, nothing can be written.
    public void refuseWrites(boolean refuse) {
        refusing = refuse;
    }

    @Override
    public void apply(KubeKind kind, JsonNode object, String manager) throws IOException {
        if (refusing) {
            throw new IOException("refused");
        }
        put(kind, object);
    }

    @Override
    public List<KubeObject> list(KubeKind kind, KubeScope scope) {
        return select(kind, scope);
    }

    @Override
    public void delete(KubeKind kind, String name) {
        synchronized (this) {
            objectsOf(kind).remove(name);
        }
        changed(kind);
    }

    /// While false, watches have seen nothing yet.
    public void setSynced(boolean now) {
        synchronized (this) {
            synced = now;
        }
        watches.forEach(watch -> watch.onChange.run());
    }

    /// What is watched now.
    public List<KubeScope> scopes(KubeKind kind) {
        return watches.stream()
                .filter(watch -> watch.kind.equals(kind))
                .map(watch -> watch.scope)
                .toList();
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public KubeWatch watch(KubeKind kind, KubeScope scope, Runnable onChange) {
        Watch watch = new Watch(kind, scope, onChange);
        watches.add(watch);
        onChange.run();
        return watch;
    }

    @Override
    public void close() {
        watches.clear();
    }

    private Map<String, JsonNode> objectsOf(KubeKind kind) {
        return kinds.computeIfAbsent(kind, _ -> new TreeMap<>());
    }

    private void changed(KubeKind kind) {
        watches.stream().filter(watch -> watch.kind.equals(kind)).forEach(watch -> watch.onChange.run());
    }

    private synchronized List<KubeObject> select(KubeKind kind, KubeScope scope) {
        return objectsOf(kind).values().stream()
                .map(KubeObject::of)
                .filter(object -> scope.namespace().equals(namespace)
                        && object.labels().entrySet().containsAll(scope.labels().entrySet())
                        && (scope.name().isEmpty() || scope.name().equals(object.name())))
                .toList();
    }

    private final class Watch implements KubeWatch {
        private final KubeKind kind;
        private final KubeScope scope;
        private final Runnable onChange;

        Watch(KubeKind kind, KubeScope scope, Runnable onChange) {
            this.kind = kind;
            this.scope = scope;
            this.onChange = onChange;
        }

        @Override
        public boolean synced() {
            synchronized (MemoryKube.this) {
                return synced;
            }
        }

        @Override
        public boolean connected() {
            return synced();
        }

        @Override
        public List<KubeObject> objects() {
            return synced() ? select(kind, scope) : List.of();
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }
}
