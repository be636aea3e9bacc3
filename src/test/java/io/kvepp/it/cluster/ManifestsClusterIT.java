package io.kvepp.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.kvepp.it.process.Project;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The manifests, as a real API server takes them, and the rights they give.
@ExtendWith(Clusters.class)
class ManifestsClusterIT {
    /// Of kinds that the gateway's own cluster has (`e2e/gateway`).
    private static final String OF_GATEWAYS = "k8s/gateway.yaml";

    private final Cluster cluster;
    private final String namespace;

    ManifestsClusterIT(Cluster cluster) {
        this.cluster = cluster;
        namespace = cluster.createNamespace("manifests");
    }

    static List<String> manifests() throws IOException {
        List<String> manifests = new ArrayList<>();
        for (String folder : List.of("k8s", "k8s/dynamo")) {
            try (Stream<Path> files = Files.list(Project.root().resolve(folder))) {
                files.map(file -> folder + "/" + file.getFileName())
                        .filter(name -> name.endsWith(".yaml") && !name.equals(OF_GATEWAYS))
                        .forEach(manifests::add);
            }
        }
        assertThat(manifests).hasSizeGreaterThan(5);
        return manifests;
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void theServerKnowsEveryFieldOfTheManifest(String manifest) throws IOException {
        try (InputStream in = Files.newInputStream(Project.root().resolve(manifest))) {
            for (HasMetadata object : cluster.admin().load(in).items()) {
                assertThat(cluster.admin()
                                .resource(object)
                                .inNamespace(namespace)
                                .dryRun(true)
                                .fieldValidation(Validation.STRICT)
                                .create()
                                .getMetadata()
                                .getUid())
                        .as(object.getKind() + " of " + manifest)
                        .isNotEmpty();
            }
        }
    }

    @Test
    void theAccountReadsPoolsAndWorkersAndWritesNeither() {
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        cluster.applyManifest("k8s/pool.yaml", namespace);
        cluster.applyText("""
                apiVersion: nvidia.com/v1alpha1
                kind: DynamoWorkerMetadata
                metadata: {name: dynamo}
                spec: {data: {}}
                """, namespace);
        Config config =
                Config.fromKubeconfig(cluster.kubeconfig(namespace, "kv-epp").toFile());
        try (KubernetesClient kvEpp =
                new KubernetesClientBuilder().withConfig(config).build()) {
            for (ResourceDefinitionContext kind : List.of(
                    kind("inference.networking.k8s.io", "v1", "InferencePool", "inferencepools"),
                    kind("nvidia.com", "v1alpha1", "DynamoWorkerMetadata", "dynamoworkermetadatas"))) {
                var objects = kvEpp.genericKubernetesResources(kind).inNamespace(namespace);
                List<GenericKubernetesResource> found = objects.list().getItems();
                assertThat(found).hasSize(1);

                GenericKubernetesResource object = found.getFirst();
                Resource<GenericKubernetesResource> same = objects.withName("dynamo");
                assertForbidden(
                        () -> same.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"labels\":{}}}"));
                assertForbidden(() -> objects.resource(object).forceConflicts().serverSideApply());
                assertForbidden(same::delete);
                object.getMetadata().setName("another");
                object.getMetadata().setResourceVersion(null);
                assertForbidden(() -> objects.resource(object).create());
            }
        }
    }

    private static ResourceDefinitionContext kind(String group, String version, String name, String plural) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind(name)
                .withPlural(plural)
                .withNamespaced(true)
                .build();
    }

    private static void assertForbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        problem -> assertThat(problem.getCode()).isEqualTo(403));
    }
}
