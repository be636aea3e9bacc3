package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.it.process.Ports;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole process with pools whose pods are engines without Dynamo.
class PoolsOfEnginesTest {
    private static final KubeKind POOL =
            new KubeKind("inference.networking.k8s.io", "v1", "inferencepools", "InferencePool");
    private static final String FIRST = "10.0.0.1:8000";
    private static final String SECOND = "10.0.0.2:8000";

    @TempDir
    Path folder;

    private final MemoryKube cluster = new MemoryKube("ns");
    private final Map<String, List<String>> flags = new HashMap<>();

    @Test
    void oneOfSeveralPoolsMayHaveTheMainPort() throws Exception {
        cluster.put(POOL, pool("one"));
        cluster.put(POOL, pool("two"));
        cluster.put(KubeKind.POD, pod("one-0", "one", "10.0.0.1"));
        cluster.put(KubeKind.POD, pod("two-0", "two", "10.0.0.2"));
        int main = Ports.free();
        int other = Ports.free();
        flags.put("port", List.of(Integer.toString(main)));
        flags.put("pool", List.of("one@" + main, "two@" + other));

        try (Epp epp = start()) {
            assertThat(epp.port()).isEqualTo(main);
            assertThat(pick(main)).isEqualTo(FIRST);
            assertThat(pick(other)).isEqualTo(SECOND);
        }
    }

    @Test
    void nobodyListensOnAMainPortThatNoPoolHas() throws Exception {
        cluster.put(POOL, pool("one"));
        cluster.put(KubeKind.POD, pod("one-0", "one", "10.0.0.1"));
        int main = Ports.free();
        int other = Ports.free();
        flags.put("port", List.of(Integer.toString(main)));
        flags.put("pool", List.of("one@" + other));

        try (Epp _ = start()) {
            assertThat(pick(other)).isEqualTo(FIRST);
            assertThat(isOpen(main)).isFalse();
        }
    }

    @Test
    void podsThatNobodyListedServeAnyModelUnlessThatIsRefused() throws Exception {
        cluster.put(POOL, pool("one"));
        cluster.put(KubeKind.POD, pod("one-0", "one", "10.0.0.1"));
        flags.put("pool", List.of("one"));
        try (Epp epp = start()) {
            assertThat(pick(epp.port())).isEqualTo(FIRST);
        }

        flags.put("unknown-models", List.of("refuse"));
        try (Epp epp = start()) {
            assertThat(pick(epp.port())).isEqualTo("nowhere");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aListedEngineIsThePodWithItsAddress(boolean selected) throws Exception {
        WarmUpModel.in(folder);
        Path list = Files.writeString(
                folder.resolve("engines.yaml"),
                "models: [{name: m, tokenizer: ., block_size: 4, workers: [{endpoint: '" + SECOND
                        + "', engine: vllm}]}]");
        cluster.put(POOL, pool("one"));
        cluster.put(KubeKind.POD, pod("one-0", "one", "10.0.0.1"));
        cluster.put(KubeKind.POD, pod("one-1", "one", "10.0.0.2"));
        flags.put("discovery-backend", List.of("static"));
        flags.put("static-workers", List.of(list.toString()));
        flags.put(selected ? "endpoint-selector" : "pool", List.of(selected ? "app=one" : "one"));

        try (Epp epp = start()) {
            for (int i = 0; i < 4; i++) {
                assertThat(pick(epp.port())).isEqualTo(SECOND);
            }
        }
    }

    /// A process that is ready.
    private Epp start() throws IOException {
        flags.put("host", List.of("127.0.0.1"));
        flags.put("secure-serving", List.of("false"));
        flags.put("health-port", List.of("0"));
        flags.put("admin-port", List.of("0"));
        flags.putIfAbsent("port", List.of("0"));
        flags.putIfAbsent("discovery-backend", List.of("none"));
        Epp epp = new Epp(EppConfig.from(new Options(flags, Map.of())), Epp.Role.GATEWAY, _ -> cluster);
        epp.start();
        Await.until("readiness", () -> isReady(epp));
        return epp;
    }

    private static ObjectNode pool(String name) {
        ObjectNode pool = JsonNodeFactory.instance.objectNode();
        pool.putObject("metadata").put("name", name);
        ObjectNode spec = pool.putObject("spec");
        spec.putObject("selector").putObject("matchLabels").put("app", name);
        spec.putArray("targetPorts").addObject().put("number", 8000);
        return pool;
    }

    private static ObjectNode pod(String name, String app, String ip) {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.putObject("metadata").put("name", name).putObject("labels").put("app", app);
        pod.putObject("status")
                .put("podIP", ip)
                .putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", "True");
        return pod;
    }

    private static String pick(int port) throws Exception {
        try (GatewayCall call = new GatewayCall(port, "{\"model\":\"m\",\"prompt\":\"hello\"}")) {
            return call.headers().getOrDefault("x-gateway-destination-endpoint", "nowhere");
        }
    }

    private static boolean isOpen(int port) {
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isReady(Epp epp) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + epp.adminPort() + "/readyz");
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
