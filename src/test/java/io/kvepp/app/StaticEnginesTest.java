package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.eventplane.zmq.TestEngine;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole process with engines that a file lists: from their sockets to the gateway's answer.
class StaticEnginesTest {
    private static final int BLOCK = 4;
    private static final int BLOCKS = 4;
    private static final String FIRST = "10.0.0.1:8000";
    private static final String SECOND = "10.0.0.2:8000";
    private static final String THIRD = "10.0.0.3:8000";

    @TempDir
    Path folder;

    @Test
    void aRequestGoesToTheEngineThatHoldsItsPromptAndTheListCanChange() throws Exception {
        WarmUpModel.in(folder);
        try (TestEngine first = new TestEngine(true);
                TestEngine second = new TestEngine(false)) {
            write(entry(FIRST, "vllm", first), entry(SECOND, "sglang", second));
            try (Epp epp = new Epp(config())) {
                epp.start();
                Await.until("readiness", () -> get(epp, "/readyz").statusCode() == 200);
                publish(first, 0);
                publish(second, 1);
                Await.until("both prompts are known", () -> blocks(epp) == 2 * BLOCKS);

                for (int i = 0; i < 4; i++) {
                    assertThat(pick(epp, 0)).isEqualTo(FIRST);
                    assertThat(pick(epp, 1)).isEqualTo(SECOND);
                }

                write(entry(SECOND, "sglang", second), "{endpoint: '" + THIRD + "', engine: vllm}");
                Await.until("what the first one held is forgotten", () -> blocks(epp) == BLOCKS);
                assertThat(pick(epp, 1)).isEqualTo(SECOND);
                assertThat(pick(epp, 0)).isIn(SECOND, THIRD);
            }
        }
    }

    @Test
    void theBackendNeedsAFile() {
        Options options = new Options(Map.of("discovery-backend", List.of("static")), Map.of());

        assertThatThrownBy(() -> EppConfig.from(options))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("static-workers: none (expected: a YAML file, since discovery-backend is static)");
    }

    private EppConfig config() {
        return EppConfig.from(new Options(
                Map.ofEntries(
                        Map.entry("host", List.of("127.0.0.1")),
                        Map.entry("secure-serving", List.of("false")),
                        Map.entry("port", List.of("0")),
                        Map.entry("health-port", List.of("0")),
                        Map.entry("admin-port", List.of("0")),
                        Map.entry("discovery-backend", List.of("static")),
                        Map.entry("static-workers", List.of(file().toString()))),
                Map.of()));
    }

    private Path file() {
        return folder.resolve("engines.yaml");
    }

    private void write(String... workers) throws IOException {
        Files.writeString(
                file(),
                "models: [{name: m, tokenizer: ., block_size: " + BLOCK + ", workers: [" + String.join(", ", workers)
                        + "]}]");
    }

    private static String entry(String endpoint, String kind, TestEngine engine) {
        return "{endpoint: '%s', engine: %s, events: '%s', replay: '%s'}"
                .formatted(
                        endpoint,
                        kind,
                        engine.address().eventAddress(),
                        engine.address().replayAddress());
    }

    private static void publish(TestEngine engine, int prompt) {
        for (int i = 0; i < BLOCKS; i++) {
            long hash = 100L * prompt + i;
            List<Integer> ids = ids(prompt).subList(BLOCK * i, BLOCK * (i + 1));
            Object parent = i == 0 ? Nil.NIL : (Object) (hash - 1);
            engine.publish(
                    MsgpackWriter.write(List.of(0, List.of(List.of("BlockStored", List.of(hash), parent, ids, BLOCK)))),
                    false);
        }
    }

    private static List<Integer> ids(int prompt) {
        return IntStream.range(0, BLOCK * BLOCKS)
                .map(i -> 50 * prompt + i + 1)
                .boxed()
                .toList();
    }

    /// The destination of a completion; it has no header for a Dynamo frontend.
    private static String pick(Epp epp, int prompt) throws Exception {
        try (GatewayCall call =
                new GatewayCall(epp.port(), "{\"model\":\"m\",\"max_tokens\":1,\"prompt\":" + ids(prompt) + "}")) {
            Map<String, String> headers = call.headers();
            assertThat(headers.keySet()).noneMatch(name -> name.startsWith("x-dynamo-"));
            return headers.getOrDefault("x-gateway-destination-endpoint", "nowhere");
        }
    }

    private static double blocks(Epp epp) {
        return get(epp, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("kv_epp_index_blocks "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static HttpResponse<String> get(Epp epp, String path) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + epp.adminPort() + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
