package io.kvepp.discovery.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRegistrationTest {
    private static final EndpointId ENDPOINT = new EndpointId("ns", "router", "best_worker_id");
    private static final EndpointId WORKERS = new EndpointId("ns", "backend", "generate");
    private static final long INSTANCE = 0xf1b669e746d7f0e6L;
    private static final String TRANSPORT = "10.0.0.5:4/f1b669e746d7f0e6/ns/router/best_worker_id";

    @TempDir
    private Path folder;

    private FileRegistration registration;

    @BeforeEach
    void start() {
        registration = new FileRegistration(
                new FileDiscoveryConfig(folder, Duration.ofMillis(200), Duration.ofSeconds(1), 1 << 20),
                INSTANCE,
                Clock.systemUTC());
        registration.start();
    }

    @AfterEach
    void close() {
        registration.close();
    }

    private Path entry() {
        return folder.resolve("v1/instances/ns%2Frouter%2Fbest%5Fworker%5Fid%2Ff1b669e746d7f0e6");
    }

    @Test
    void anEndpointIsAFileThatReadersUnderstand() throws Exception {
        registration.announce(ENDPOINT, TRANSPORT);
        assertThat(new DiscoveryRecordReader().read(Files.readAllBytes(entry())))
                .isEqualTo(new DiscoveryRecord.Instance(
                        ENDPOINT, INSTANCE, new RequestAddress(TRANSPORT, RecoveryTarget.Codec.MSGPACK)));
        try (var files = Files.list(entry().getParent())) {
            assertThat(files).containsExactly(entry());
        }
    }

    @Test
    void itIsTouchedWithinItsTimeToLive() throws Exception {
        registration.announce(ENDPOINT, TRANSPORT);
        FileTime old = FileTime.from(Instant.EPOCH);
        Files.setLastModifiedTime(entry(), old);
        Await.until("a touch", () -> {
            try {
                return !Files.getLastModifiedTime(entry()).equals(old);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void itIsWrittenAgainWhenSomebodyHasDeletedIt() throws Exception {
        registration.announce(ENDPOINT, TRANSPORT);
        Files.delete(entry());
        Await.until("the entry", () -> Files.exists(entry()));
    }

    @Test
    void closingWithdrawsEverythingForGood() throws Exception {
        registration.announce(ENDPOINT, TRANSPORT);
        registration.close();
        assertThat(entry()).doesNotExist();
        registration.announce(ENDPOINT, TRANSPORT);
        assertThat(entry()).doesNotExist();
    }

    @Test
    void theModelOfAWorkerIsAnnouncedAsOneThatDoesWholeRequests() throws Exception {
        assertThat(registration.announceModels(ENDPOINT, WORKERS, 7)).isFalse();
        Path ofWorker = folder.resolve("v1/mdc/ns%2Fbackend%2Fgenerate%2F7");
        Files.createDirectories(ofWorker.getParent());
        Files.writeString(
                ofWorker,
                "{\"type\":\"Model\",\"namespace\":\"ns\",\"component\":\"backend\",\"endpoint\":\"generate\","
                        + "\"instance_id\":7,\"card_json\":{\"display_name\":\"m\",\"kv_cache_block_size\":16,"
                        + "\"model_type\":\"\",\"worker_type\":\"decode\",\"needs\":[[\"prefill\"]],"
                        + "\"runtime_config\":{\"data_parallel_size\":2,\"disaggregated_endpoint\":{}}}}");
        assertThat(registration.announceModels(ENDPOINT, WORKERS, 7)).isTrue();
        Path own = folder.resolve("v1/mdc/ns%2Frouter%2Fbest%5Fworker%5Fid%2Ff1b669e746d7f0e6");
        JsonNode record = new ObjectMapper().readTree(Files.readAllBytes(own));
        assertThat(record.get("instance_id").asText()).isEqualTo(Long.toUnsignedString(INSTANCE));
        assertThat(record.at("/card_json/display_name").asText()).isEqualTo("m");
        assertThat(record.at("/card_json/worker_type").asText()).isEqualTo("aggregated");
        assertThat(record.at("/card_json/needs")).isEmpty();
        assertThat(record.at("/card_json/model_type").asText()).isEqualTo("Chat | Completions");
        assertThat(record.at("/card_json/runtime_config/data_parallel_size").asInt())
                .isEqualTo(1);
        assertThat(record.at("/card_json/runtime_config").has("disaggregated_endpoint"))
                .isFalse();
        registration.withdrawModels(ENDPOINT);
        assertThat(own).doesNotExist();
    }
}
