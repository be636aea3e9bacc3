package io.kvepp.pool;

import static io.kvepp.pool.PodFixture.annotated;
import static io.kvepp.pool.PodFixture.leaving;
import static io.kvepp.pool.PodFixture.notReady;
import static io.kvepp.pool.PodFixture.pod;
import static io.kvepp.pool.PodFixture.withPort;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.PodIds;
import io.kvepp.kube.testing.CapturedObjects;
import io.kvepp.pool.PoolMembers.Pod;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolMembersTest {
    @Test
    void everyPortOfEveryReadyPodIsAnEndpoint() {
        assertThat(members(List.of(1, 2), pod("a", "x", "10.0.0.1"), pod("b", "x", "10.0.0.2"))
                        .endpoints())
                .containsExactly("10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1", "10.0.0.2:2");
    }

    @Test
    void podsThatAreNotReadyLeaveOrHaveNoAddressAreNoMembers() {
        ObjectNode unknown = pod("c", "x", "10.0.0.3");
        unknown.withObject("/status").remove("conditions");

        assertThat(members(
                        List.of(1),
                        notReady(pod("a", "x", "10.0.0.1")),
                        leaving(pod("b", "x", "10.0.0.2")),
                        unknown,
                        pod("d", "x", "")))
                .isEqualTo(PoolMembers.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llm-d.ai/active-ports", "inference.networking.k8s.io/active-ports"})
    void aPodMaySayWhichOfItsPortsAreInUse(String annotation) {
        assertThat(members(List.of(1, 2, 3), annotated(pod("a", "x", "10.0.0.1"), annotation, "3, 1,9"))
                        .endpoints())
                .containsExactly("10.0.0.1:1", "10.0.0.1:3");
    }

    @Test
    void ipv6StandsInBrackets() {
        assertThat(members(List.of(1), pod("a", "x", "fd00::1")).endpoints()).containsExactly("[fd00::1]:1");
    }

    @Test
    void aWorkerIsEnteredAtItsHttpPort() {
        PoolMembers members = members(List.of(1), withPort(pod("a", "x", "fd00::1"), "sidecar", "http", 8000));

        assertThat(members.byWorker())
                .containsEntry(PodIds.instanceId("a"), entered("[fd00::1]:1", "[fd00::1]:8000"))
                .containsEntry(PodIds.instanceId("a-main"), entered("[fd00::1]:1", "[fd00::1]:8000"))
                .containsEntry(PodIds.instanceId("a-sidecar"), entered("[fd00::1]:1", "[fd00::1]:8000"))
                .hasSize(3);
    }

    @Test
    void aPodWithoutHttpPortIsEnteredAtItsEndpointsByRank() {
        assertThat(members(List.of(5, 6), pod("a", "x", "10.0.0.1")).byWorker())
                .containsEntry(
                        PodIds.instanceId("a"),
                        new Pod(List.of("10.0.0.1:5", "10.0.0.1:6"), List.of("10.0.0.1:5", "10.0.0.1:6")));
    }

    @Test
    void theRecordedWorkersAreEnteredAtTheirSidecars() {
        JsonNode pods = CapturedObjects.list("pods").path("items");
        PoolMembers members = PoolMembers.of(
                List.of(8000),
                StreamSupport.stream(pods.spliterator(), false)
                        .map(KubeObject::of)
                        .toList());

        assertThat(members.byWorker())
                .containsEntry(PodIds.instanceId("mock-0"), entered("10.244.0.10:8000", "10.244.0.10:8000"))
                .containsEntry(PodIds.instanceId("mock-1"), entered("10.244.0.11:8000", "10.244.0.11:8000"));
    }

    private static Pod entered(String member, String entry) {
        return new Pod(List.of(member), List.of(entry));
    }

    private static PoolMembers members(List<Integer> ports, JsonNode... pods) {
        return PoolMembers.of(ports, Stream.of(pods).map(KubeObject::of).toList());
    }
}
