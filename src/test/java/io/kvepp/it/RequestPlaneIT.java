package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.config.Options;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess.Role;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestPlaneException;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Calls over the request plane reach a real worker.
@ExtendWith(Deployments.class)
class RequestPlaneIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int OUTPUT_TOKENS = 40;

    private final Stack stack;
    private final TcpRequestPlaneClient client = new TcpRequestPlaneClient(
            TcpRequestPlaneConfig.from(Options.defaults()),
            () -> UUID.randomUUID().toString(),
            System::nanoTime);

    RequestPlaneIT(RealParts parts) {
        stack = new Stack("requestplane", parts, StackSettings.DEFAULT);
    }

    @BeforeEach
    void start() throws IOException {
        stack.startWorkers(Role.AGGREGATED);
        client.start();
    }

    @AfterEach
    void stop() {
        client.close();
        stack.close();
    }

    @Test
    void aWorkerGeneratesAndTellsItsCacheEvents() throws Exception {
        JsonNode recovery = instance("worker_kv_query_source_");
        long workerId = Long.parseUnsignedLong(recovery.get("instance_id").asText());

        // An item for each token, and one with the usage.
        assertThat(call(target(instance("generate"), ""), generate())).hasSize(OUTPUT_TOKENS + 1);
        Await.until(
                "events of the prompt and the answer",
                LIMIT,
                () -> recovered(recovery, workerId, 2L).equals("Events"));
        assertThat(recovered(recovery, workerId, null)).isEqualTo("TreeDump");
        assertThat(recovered(recovery, workerId, 1_000_000L)).isEqualTo("TooNew");
    }

    @Test
    void anEndpointThatIsNotServedIsRefused() throws Exception {
        RequestTarget unknown = target(instance("generate"), "x");
        assertThatThrownBy(() -> call(unknown, generate()))
                .cause()
                .isInstanceOfSatisfying(
                        RequestPlaneException.class,
                        e -> assertThat(e.reason()).isEqualTo(RequestPlaneException.Reason.REJECTED));
    }

    private String recovered(JsonNode endpoint, long workerId, @Nullable Long start) {
        try {
            List<byte[]> items = call(target(endpoint, ""), recovery(workerId, start));
            MsgpackReader reader = new MsgpackReader(items.getFirst());
            reader.mapHeader();
            return reader.string();
        } catch (Exception e) {
            throw new AssertionError("recovery from " + start, e);
        }
    }

    private List<byte[]> call(RequestTarget target, byte[] payload) throws Exception {
        return client.call(target, payload, LIMIT).get();
    }

    private static RequestTarget target(JsonNode instance, String suffix) {
        assertThat(instance.path("request_plane_codec").asText()).isEqualTo("msgpack");
        return new RequestTarget(instance.at("/transport/tcp").textValue() + suffix, PayloadCodec.MSGPACK);
    }

    private JsonNode instance(String endpointPrefix) {
        return Await.present("endpoint " + endpointPrefix, LIMIT, () -> registered(endpointPrefix));
    }

    private Optional<JsonNode> registered(String endpointPrefix) {
        try (Stream<Path> files = Files.list(stack.discovery().path().resolve("v1/instances"))) {
            for (Path file : files.toList()) {
                JsonNode instance = new ObjectMapper().readTree(Files.readAllBytes(file));
                if (instance.path("endpoint").asText().startsWith(endpointPrefix)) {
                    return Optional.of(instance);
                }
            }
        } catch (IOException _) {
            // Just being written.
        }
        return Optional.empty();
    }

    private static byte[] recovery(long workerId, @Nullable Long start) {
        MsgpackWriter writer = new MsgpackWriter().map(6).string("worker_id").unsigned(workerId);
        writer.string("dp_rank").unsigned(0).string("start_event_id");
        if (start == null) {
            writer.nil();
        } else {
            writer.unsigned(start);
        }
        writer.string("end_event_id").nil();
        writer.string("supports_tree_dump_failed").bool(true);
        return writer.string("kind").string("recovery").toBytes();
    }

    private byte[] generate() {
        MsgpackWriter writer = new MsgpackWriter().map(7);
        writer.string("model").string(stack.settings().modelName());
        writer.string("token_ids").array(40);
        for (int i = 0; i < 40; i++) {
            writer.unsigned(i);
        }
        writer.string("stop_conditions").map(1).string("max_tokens").unsigned(OUTPUT_TOKENS);
        writer.string("sampling_options").map(0);
        writer.string("output_options").map(0);
        writer.string("eos_token_ids").array(0);
        return writer.string("annotations").array(0).toBytes();
    }
}
