package io.kvepp.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.kvepp.metrics.EppMetrics;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One informer of the client library, which lists, watches and starts over by itself.
///
/// Thread-safe: written by the informer's thread, one call at a time.
final class InformerWatch implements KubeWatch, ResourceEventHandler<GenericKubernetesResource> {
    private static final Logger LOG = LoggerFactory.getLogger(InformerWatch.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final SharedIndexInformer<GenericKubernetesResource> informer;
    private final KubeKind kind;
    private final EppMetrics metrics;
    private final Runnable onChange;
    private final ConcurrentSkipListMap<String, KubeObject> objects = new ConcurrentSkipListMap<>();
    private volatile boolean listed;
    private volatile String lastFailure = "";

    private InformerWatch(
            SharedIndexInformer<GenericKubernetesResource> informer,
            KubeKind kind,
            EppMetrics metrics,
            Runnable onChange) {
        this.informer = informer;
        this.kind = kind;
        this.metrics = metrics;
        this.onChange = onChange;
    }

    static InformerWatch start(
            SharedIndexInformer<GenericKubernetesResource> informer,
            KubeKind kind,
            EppMetrics metrics,
            Runnable onChange) {
        InformerWatch watch = new InformerWatch(informer, kind, metrics, onChange);
        var _ = informer.addEventHandler(watch)
                .exceptionHandler((_, failure) -> watch.failed(failure))
                .start();
        return watch;
    }

    @Override
    public boolean synced() {
        return listed;
    }

    @Override
    public boolean connected() {
        return listed && informer.isWatching();
    }

    @Override
    public List<KubeObject> objects() {
        return List.copyOf(objects.values());
    }

    @Override
    public void close() {
        informer.stop();
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
        listed = true;
        lastFailure = "";
        onChange.run();
    }

    @Override
    public void onAdd(GenericKubernetesResource object) {
        put(object);
    }

    @Override
    public void onUpdate(GenericKubernetesResource old, GenericKubernetesResource object) {
        put(object);
    }

    @Override
    public void onDelete(GenericKubernetesResource object, boolean finalStateUnknown) {
        objects.remove(object.getMetadata().getName());
        onChange.run();
    }

    private void put(GenericKubernetesResource object) {
        JsonNode json = MAPPER.valueToTree(object);
        objects.put(object.getMetadata().getName(), KubeObject.of(json));
        onChange.run();
    }

    /// Whether to try again: always, since permissions and kinds may come later.
    private boolean failed(Throwable failure) {
        metrics.kubeWatchFailure(kind.plural());
        boolean wrapped = failure instanceof CompletionException && failure.getCause() != null;
        String message = String.valueOf(wrapped ? failure.getCause() : failure);
        if (!message.equals(lastFailure)) {
            lastFailure = message;
            LOG.warn("cannot watch {}: {}", kind, message);
        }
        return true;
    }
}
