package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.PodIds;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.worker.card.EndpointId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesRegistrationTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final EndpointId GENERATE = new EndpointId("front", "router", "generate");
    private static final EndpointId WORKERS = new EndpointId("dynamo", "backend", "generate");
    private static final String KEY = "front/router/generate/" + Long.toHexString(PodIds.instanceId("router-0"));

    private final MemoryKube kube = new MemoryKube("dyn");
    private KubernetesRegistration registration = registration(Unit.POD, "");

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        registration.close();
        kube.close();
    }

    @Test
    void theObjectHasThePodsNameAndBelongsToIt() throws Exception {
        announce();

        KubeObject object = own().getFirst();
        assertThat(object.name()).isEqualTo("router-0");
        assertThat(registration.instanceId()).isEqualTo(PodIds.instanceId("router-0"));
        JsonNode owner = object.json().at("/metadata/ownerReferences/0");
        assertThat(owner.path("kind").asText()).isEqualTo("Pod");
        assertThat(owner.path("name").asText()).isEqualTo("router-0");
        assertThat(owner.path("uid").asText()).isEqualTo("uid-0");
        assertThat(owner.path("controller").asBoolean()).isTrue();
        DiscoveryRecord read =
                new DiscoveryRecordReader().read(data().path("endpoints").path(KEY));
        assertThat(read.toString()).contains("10.0.0.5:4711/x");
    }

    @Test
    void aContainerOfItsOwnHasAnObjectOfItsOwn() throws Exception {
        registration = registration(Unit.CONTAINER, "router");
        announce();

        assertThat(own()).extracting(KubeObject::name).containsExactly("router-0-router");
        assertThat(own().getFirst()
                        .json()
                        .at("/metadata/ownerReferences/0/controller")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void theMainContainerIsThePod() throws Exception {
        registration = registration(Unit.CONTAINER, "main");
        announce();

        assertThat(own()).extracting(KubeObject::name).containsExactly("router-0");
    }

    @Test
    void filesOfThePodAreBelievedBeforeOptions() throws Exception {
        Files.writeString(folder.resolve("pod_name"), "router-7\n");
        Files.writeString(folder.resolve("pod_uid"), "uid-7\n");
        registration = new KubernetesRegistration(
                new KubernetesDiscoveryConfig(
                        Unit.POD, Duration.ZERO, new PodIdentity(folder, "router-0", "uid-0", "")),
                kube);
        announce();

        assertThat(own()).extracting(KubeObject::name).containsExactly("router-7");
    }

    @Test
    void outsideOfAPodNothingIsAnnounced() {
        KubernetesRegistration homeless = new KubernetesRegistration(
                new KubernetesDiscoveryConfig(Unit.POD, Duration.ZERO, KubernetesRecords.NO_POD), kube);

        assertThatIOException().isThrownBy(homeless::start).withMessageStartingWith("kube-pod-name: none (expected: ");
        homeless.close();
        assertThatIOException()
                .isThrownBy(registration(Unit.CONTAINER, "")::start)
                .withMessageStartingWith("kube-container-name: none (expected: ");
    }

    @Test
    void modelsOfAWorkerAreAnnouncedAndWithdrawn() throws Exception {
        announce();
        assertThat(registration.announceModels(GENERATE, WORKERS, 1)).isFalse();

        kube.put(KubernetesDiscovery.WORKER_METADATA, KubernetesRecords.metadata(1, "u"));
        assertThat(registration.announceModels(GENERATE, WORKERS, 1)).isTrue();
        JsonNode card = data().path("model_cards").path(KEY);
        assertThat(card.path("component").asText()).isEqualTo("router");
        assertThat(card.at("/card_json/worker_type").asText()).isEqualTo("aggregated");

        registration.withdrawModels(GENERATE);
        assertThat(data().path("model_cards")).isEmpty();
        assertThat(data().path("endpoints")).hasSize(1);
    }

    @Test
    void anObjectThatIsLostOrChangedIsWrittenAgain() throws Exception {
        announce();
        JsonNode before = data();

        kube.delete(KubernetesDiscovery.WORKER_METADATA, "router-0");
        Await.until("written again", SOON, () -> own().size() == 1 && data().equals(before));
        kube.put(
                KubernetesDiscovery.WORKER_METADATA,
                KubernetesRecords.object("nvidia.com/v1alpha1", "DynamoWorkerMetadata", "router-0"));
        Await.until("made good", SOON, () -> data().equals(before));
    }

    @Test
    void whatCouldNotBeWrittenIsTriedAgain() throws Exception {
        announce();
        kube.refuseWrites(true);
        kube.delete(KubernetesDiscovery.WORKER_METADATA, "router-0");
        assertThatIOException().isThrownBy(() -> registration.announce(GENERATE, "10.0.0.5:4712/x"));

        kube.refuseWrites(false);
        Await.until(
                "written", SOON, () -> own().size() == 1 && data().toString().contains("4712"));
    }

    @Test
    void theEndTakesItAway() throws Exception {
        announce();
        registration.close();
        registration.close();
        registration.announce(GENERATE, "10.0.0.5:4711/x");

        assertThat(own()).isEmpty();
        assertThat(kube.scopes(KubernetesDiscovery.WORKER_METADATA)).isEmpty();
    }

    private void announce() throws Exception {
        registration.start();
        registration.announce(GENERATE, "10.0.0.5:4711/x");
    }

    private JsonNode data() {
        return own().getFirst().json().path("spec").path("data");
    }

    private List<KubeObject> own() {
        return kube.list(KubernetesDiscovery.WORKER_METADATA, KubeScope.all("dyn")).stream()
                .filter(object -> object.name().startsWith("router-"))
                .toList();
    }

    private KubernetesRegistration registration(Unit unit, String container) {
        PodIdentity pod = new PodIdentity(Path.of("none-such"), "router-0", "uid-0", container);
        return new KubernetesRegistration(new KubernetesDiscoveryConfig(unit, Duration.ZERO, pod), kube);
    }
}
