package io.kvepp.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.kvepp.metrics.EppMetrics;

/// A real API server.
///
/// Thread-safe. Connects when the first watch starts.
public final class KubeClient implements KubeApi {
    private static final long NO_RESYNC = 0;

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
        ResourceDefinitionContext context = new ResourceDefinitionContext.Builder()
                .withGroup(kind.group())
                .withVersion(kind.version())
                .withPlural(kind.plural())
                .withKind(kind.name())
                .withNamespaced(true)
                .build();
        FilterWatchListDeletable<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                objects = client.genericKubernetesResources(context).inNamespace(scope.namespace());
        if (!scope.labels().isEmpty()) {
            objects = objects.withLabelSelector(scope.selector());
        }
        if (!scope.name().isEmpty()) {
            objects = objects.withField("metadata.name", scope.name());
        }
        SharedIndexInformer<GenericKubernetesResource> informer = objects.runnableInformer(NO_RESYNC);
        return InformerWatch.start(informer, kind, metrics, onChange);
    }

    @Override
    public void close() {
        client.close();
    }
}
