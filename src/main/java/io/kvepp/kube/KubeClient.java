package io.kvepp.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.kvepp.metrics.EppMetrics;
import java.io.IOException;
import java.util.List;

/// A real API server.
///
/// Thread-safe. Connects when the first watch starts.
public final class KubeClient implements KubeStore {
    private static final long NO_RESYNC = 0;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final EppMetrics metrics;
    private final Config access;
    private final KubernetesClient client;

    /// @throws io.kvepp.config.ConfigurationException when it is not said where the API server is
    public KubeClient(KubeConfig config, EppMetrics metrics) {
        this.metrics = metrics;
        access = Access.of(config);
        client = new KubernetesClientBuilder().withConfig(access).build();
    }

    @Override
    public String namespace() {
        return access.getNamespace();
    }

    @Override
    public KubeWatch watch(KubeKind kind, KubeScope scope, Runnable onChange) {
        SharedIndexInformer<GenericKubernetesResource> informer =
                in(scope, kind).runnableInformer(NO_RESYNC);
        return InformerWatch.start(informer, kind, metrics, onChange);
    }

    @Override
    public List<KubeObject> list(KubeKind kind, KubeScope scope) throws IOException {
        try {
            return in(scope, kind).list().getItems().stream()
                    .map(object -> KubeObject.of(JSON.valueToTree(object)))
                    .toList();
        } catch (KubernetesClientException e) {
            throw refused("list", kind, e);
        }
    }

    @Override
    public void apply(KubeKind kind, JsonNode object, String manager) throws IOException {
        ObjectNode whole = object.deepCopy();
        whole.put("apiVersion", kind.group() + "/" + kind.version()).put("kind", kind.name());
        try {
            all(kind)
                    .inNamespace(namespace())
                    .resource(JSON.convertValue(whole, GenericKubernetesResource.class))
                    .fieldManager(manager)
                    .forceConflicts()
                    .serverSideApply();
        } catch (KubernetesClientException e) {
            throw refused("apply", kind, e);
        }
    }

    @Override
    public void delete(KubeKind kind, String name) throws IOException {
        try {
            all(kind).inNamespace(namespace()).withName(name).delete();
        } catch (KubernetesClientException e) {
            throw refused("delete", kind, e);
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private FilterWatchListDeletable<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            in(KubeScope scope, KubeKind kind) {
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                objects = all(kind).inNamespace(scope.namespace());
        if (!scope.labels().isEmpty()) {
            objects = objects.withLabelSelector(scope.selector());
        }
        return scope.name().isEmpty() ? objects : objects.withField("metadata.name", scope.name());
    }

    private MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            all(KubeKind kind) {
        return client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup(kind.group())
                .withVersion(kind.version())
                .withPlural(kind.plural())
                .withKind(kind.name())
                .withNamespaced(true)
                .build());
    }

    private static IOException refused(String verb, KubeKind kind, KubernetesClientException e) {
        return new IOException("cannot " + verb + " " + kind + ": " + e.getMessage(), e);
    }
}
