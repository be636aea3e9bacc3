package io.kvepp.discovery.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.PodIds;
import io.kvepp.kube.testing.CapturedObjects;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubernetesDiscoveryTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration DEBOUNCE = Duration.ofMillis(20);
    private static final long MOCK_0 = PodIds.instanceId("mock-0");
    private static final long MOCK_1 = PodIds.instanceId("mock-1");

    private final MemoryKube kube = new MemoryKube("dyn");
    private final EppMetrics metrics = new EppMetrics();
    private final List<WorkerSet> sets = new CopyOnWriteArrayList<>();
    private KubernetesDiscovery discovery;

    @AfterEach
    void close() {
        if (discovery != null) {
            discovery.close();
        }
        metrics.close();
    }

    @Test
    void theRecordedPodsAreWorkersWithTheirEventsAndRecovery() {
        putCaptured();
        start(Unit.POD);

        awaitWorkers(MOCK_0, MOCK_1);
        WorkerSet set = sets.getLast();
        assertThat(set.workers().getFirst().endpoint()).hasToString("dyn-mock/backend/generate");
        assertThat(set.kvEventPublishers()).hasSize(2).allSatisfy(publisher -> {
            assertThat(publisher.endpoint()).startsWith("tcp://");
            assertThat(publisher.recoveryTarget()).isNotNull();
        });
        assertThat(set.loadPublishers()).hasSize(4);
    }

    @Test
    void nothingIsToldBeforeBothKindsAreSynced() {
        kube.setSynced(false);
        putCaptured();
        start(Unit.POD);

        assertThat(discovery.synced()).isFalse();
        assertThat(sets).isEmpty();

        kube.setSynced(true);
        awaitWorkers(MOCK_0, MOCK_1);
        assertThat(sets).hasSize(1);
    }

    @Test
    void anEmptyNamespaceIsAnEmptySet() {
        start(Unit.POD);

        Await.until("synced", SOON, () -> discovery.synced());
        assertThat(sets).containsExactly(WorkerSet.EMPTY);
    }

    @Test
    void aRecordWithoutAReadyEndpointIsNoWorker() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        editSlice(slice -> ((ObjectNode) endpoint(slice, "mock-0").path("conditions")).put("ready", false));
        awaitWorkers(MOCK_1);

        editSlice(_ -> {});
        awaitWorkers(MOCK_0, MOCK_1);
    }

    @Test
    void anEndpointThatNamesNoPodUidMakesNobodyReady() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        editSlice(slice -> ((ObjectNode) endpoint(slice, "mock-1").path("targetRef")).remove("uid"));
        awaitWorkers(MOCK_0);
    }

    @Test
    void whatThePodsPredecessorSaidIsNotBelieved() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        editSlice(slice -> ((ObjectNode) endpoint(slice, "mock-1").path("targetRef")).put("uid", "another"));
        awaitWorkers(MOCK_0);
    }

    @Test
    void aDeletedRecordIsNoWorker() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        kube.delete(KubernetesDiscovery.WORKER_METADATA, "mock-0");
        awaitWorkers(MOCK_1);
    }

    @Test
    void mapsThatAreNullOrMissingAreEmpty() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        editMetadata("mock-0", data -> {
            data.putNull("event_sources");
            data.remove("event_channels");
        });
        Await.until(
                "publishers of mock-0 are gone",
                SOON,
                () -> sets.getLast().kvEventPublishers().size() == 1);
        awaitWorkers(MOCK_0, MOCK_1);
        assertThat(metrics.scrape()).doesNotContain("kv_epp_discovery_skipped_total{reason=\"malformed\"} ");
    }

    @Test
    void anEntryThatBecomesUnreadableKeepsItsLastGoodValue() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        editMetadata("mock-0", data -> {
            String key = data.path("model_cards").fieldNames().next();
            data.withObject("model_cards").put(key, "damaged");
        });
        Await.until(
                "counted",
                SOON,
                () -> metrics.scrape().contains("kv_epp_discovery_skipped_total{reason=\"malformed\"} 1.0"));
        assertThat(ids()).containsExactlyInAnyOrder(MOCK_0, MOCK_1);
    }

    @Test
    void anObjectWithoutDataKeepsItsLastGoodEntries() {
        putCaptured();
        start(Unit.POD);
        awaitWorkers(MOCK_0, MOCK_1);

        JsonNode object = captured("dwm-list", "mock-0");
        ((ObjectNode) object.path("spec")).putNull("data");
        kube.put(KubernetesDiscovery.WORKER_METADATA, object);
        Await.until(
                "counted",
                SOON,
                () -> metrics.scrape().contains("kv_epp_discovery_skipped_total{reason=\"malformed\"} 1.0"));
        assertThat(ids()).containsExactlyInAnyOrder(MOCK_0, MOCK_1);
    }

    @Test
    void aContainerIsReadyWhenItsStatusSaysSo() {
        putCaptured();
        JsonNode pods = CapturedObjects.list("pods");
        pods.path("items").forEach(pod -> enable(pod));
        kube.putAll(KubeKind.POD, pods);
        start(Unit.CONTAINER);
        awaitWorkers(MOCK_0, MOCK_1);

        JsonNode pod = captured("pods", "mock-1");
        enable(pod);
        ((ObjectNode) pod.path("status").path("containerStatuses").path(0)).put("ready", false);
        kube.put(KubeKind.POD, pod);
        awaitWorkers(MOCK_0);
    }

    @Test
    void aPodThatLeavesIsNotReady() {
        putCaptured();
        JsonNode pod = captured("pods", "mock-1");
        enable(pod);
        kube.put(KubeKind.POD, pod);
        start(Unit.CONTAINER);
        awaitWorkers(MOCK_1);

        ((ObjectNode) pod.path("metadata")).put("deletionTimestamp", "2026-11-20T23:00:00Z");
        kube.put(KubeKind.POD, pod);
        awaitWorkers();
    }

    @Test
    void changesThatComeTogetherAreTakenTogether() {
        start(Unit.POD, Duration.ofSeconds(1));
        Await.until("synced", SOON, () -> discovery.synced());

        putCaptured();
        awaitWorkers(MOCK_0, MOCK_1);
        assertThat(sets).hasSize(2);
    }

    private void start(Unit unit) {
        start(unit, DEBOUNCE);
    }

    private void start(Unit unit, Duration debounce) {
        discovery = new KubernetesDiscovery(
                new KubernetesDiscoveryConfig(unit, debounce, KubernetesRecords.NO_POD),
                new DiscoveryConfig(""),
                kube,
                metrics);
        discovery.start(sets::add);
    }

    private void putCaptured() {
        kube.putAll(KubernetesDiscovery.WORKER_METADATA, CapturedObjects.list("dwm-list"));
        kube.putAll(KubeKind.ENDPOINT_SLICE, CapturedObjects.list("endpointslices"));
    }

    private void editSlice(Consumer<JsonNode> edit) {
        JsonNode slice = CapturedObjects.list("endpointslices").path("items").path(0);
        edit.accept(slice);
        kube.put(KubeKind.ENDPOINT_SLICE, slice);
    }

    private void editMetadata(String name, Consumer<ObjectNode> edit) {
        JsonNode object = captured("dwm-list", name);
        edit.accept((ObjectNode) object.path("spec").path("data"));
        kube.put(KubernetesDiscovery.WORKER_METADATA, object);
    }

    private static JsonNode captured(String list, String name) {
        return find(CapturedObjects.list(list).path("items"), "metadata", name);
    }

    private static JsonNode endpoint(JsonNode slice, String pod) {
        return find(slice.path("endpoints"), "targetRef", pod);
    }

    private static JsonNode find(JsonNode items, String part, String name) {
        for (JsonNode item : items) {
            if (item.path(part).path("name").asText().equals(name)) {
                return item;
            }
        }
        throw new AssertionError("nothing is named " + name);
    }

    private static void enable(JsonNode object) {
        ObjectNode labels = object.withObject("/metadata/labels");
        KubernetesDiscovery.ENABLED.forEach(labels::put);
    }

    private List<Long> ids() {
        return sets.getLast().workers().stream().map(Worker::id).toList();
    }

    /// By their unsigned ids.
    private void awaitWorkers(Long... expected) {
        List<Long> sorted = List.of(expected).stream().sorted().toList();
        Await.until("workers " + sorted, SOON, () -> !sets.isEmpty() && ids().equals(sorted));
    }
}
