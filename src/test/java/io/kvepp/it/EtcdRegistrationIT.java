package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.config.Options;
import io.kvepp.discovery.etcd.EtcdConfig;
import io.kvepp.discovery.etcd.EtcdRegistration;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.worker.card.EndpointId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What the router announces in a real etcd lives as long as the router, and comes back.
@ExtendWith(Deployments.class)
class EtcdRegistrationIT {
    private static final EndpointId GENERATE = new EndpointId("front", "router", "generate");
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private Processes servers;
    private EtcdServer etcd;
    private EtcdRegistration registration;

    @BeforeEach
    void start(RealServers programs, @TempDir Path data) throws Exception {
        servers = new Processes(Project.logs().resolve("etcd-registration"));
        etcd = EtcdServer.start(servers, programs.requireEtcd(), data);
        Options options = new Options(
                Map.of(
                        "etcd-endpoints", List.of(etcd.endpoint()),
                        "etcd-timeout", List.of("2s"),
                        "etcd-lease-ttl", List.of("3s")),
                Map.of());
        registration = new EtcdRegistration(EtcdConfig.from(options));
        registration.start();
        registration.announce(GENERATE, "10.0.0.5:4711/7b/front/router/generate");
    }

    @AfterEach
    void stop() {
        if (registration != null) {
            registration.close();
        }
        servers.close();
    }

    @Test
    void entriesCarryTheInstanceIdAndGoWhenTheRouterDoes() throws Exception {
        String id = Long.toUnsignedString(registration.instanceId());
        String key = "v1/instances/front/router/generate/" + Long.toHexString(registration.instanceId());
        assertThat(announced()).containsOnlyKeys(key);
        assertThat(announced().get(key).get("instance_id").asText()).isEqualTo(id);
        assertThat(announced().get(key).at("/transport/tcp").asText()).startsWith("10.0.0.5:4711/");

        DynamoWorker worker = new DynamoWorker(1);
        assertThat(announcesModelsOf(worker)).isFalse();
        worker.entries().forEach(etcd::put);
        assertThat(announcesModelsOf(worker)).isTrue();
        assertThat(announced()).hasSize(2);
        registration.withdrawModels(GENERATE);
        assertThat(announced()).containsOnlyKeys(key);

        registration.close();
        assertThat(announced()).isEmpty();
    }

    @Test
    void aLostLeaseIsReplacedAndEverythingIsAnnouncedAgain() {
        Map<String, JsonNode> before = announced();
        etcd.call("/v3/lease/revoke", "{\"ID\":\"" + Long.toUnsignedString(registration.instanceId()) + "\"}");
        assertThat(announced()).isEmpty();
        Await.until("announced again", LIMIT, () -> announced().equals(before));
    }

    private boolean announcesModelsOf(DynamoWorker worker) throws Exception {
        return registration.announceModels(GENERATE, new EndpointId("dynamo", "backend", "generate"), worker.id());
    }

    /// Entries of the router, by key.
    private Map<String, JsonNode> announced() {
        Map<String, JsonNode> entries = new TreeMap<>();
        etcd.entries("v1/").forEach((key, value) -> {
            if (key.contains("/front/")) {
                entries.put(key, Json.read(value));
            }
        });
        return entries;
    }
}
