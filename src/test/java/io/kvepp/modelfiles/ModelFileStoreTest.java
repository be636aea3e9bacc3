package io.kvepp.modelfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileException.Reason;
import io.kvepp.worker.card.FileReference;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.apache.commons.codec.digest.Blake3;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileStoreTest {
    private static final int BYTES_MAX = 1000;

    @TempDir
    Path root;

    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final EppMetrics metrics = new EppMetrics();
    private final CountDownLatch testEnded = new CountDownLatch(1);
    private HttpServer server;
    private ModelFileStore store;

    @BeforeEach
    void start() throws IOException {
        folder = Files.createDirectories(root.resolve("cache"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(command -> Thread.ofVirtual().start(command));
        server.start();
        store = store(Duration.ofSeconds(20));
    }

    @AfterEach
    void stop() {
        testEnded.countDown();
        server.stop(0);
        client.close();
        metrics.close();
    }

    @Test
    void aLocalFileIsReadAsItIs() throws Exception {
        Path file = write(folder.resolve("config.json"), "hello");
        assertThat(read(file.toString(), null)).isEqualTo("hello");
        assertThat(read(file.toString(), sum("hello"))).isEqualTo("hello");
        assertThat(metrics.scrape()).contains("kv_epp_model_files_total{outcome=\"ok\"} 2.0");
    }

    @Test
    void otherBytesThanTheChecksumSaysAreAnError() throws Exception {
        Path file = write(folder.resolve("config.json"), "hello");
        assertFails(file.toString(), sum("other"), Reason.CHECKSUM);
        assertFails(file.toString(), "md5:00", Reason.CHECKSUM);
        assertThat(metrics.scrape()).contains("kv_epp_model_files_total{outcome=\"checksum\"} 2.0");
    }

    @Test
    void aFileHasALargestSize() throws Exception {
        assertThat(read(write(folder.resolve("a"), "x".repeat(BYTES_MAX)).toString(), null))
                .hasSize(BYTES_MAX);
        assertFails(write(folder.resolve("b"), "x".repeat(BYTES_MAX + 1)).toString(), null, Reason.TOO_LARGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/nowhere/config.json", "ftp://host/file", "bad\0path", "http://", "hf://org/model/config.json"})
    void whatIsNotThereIsMissing(String path) {
        assertFails(path, null, Reason.MISSING);
    }

    @Test
    void aFolderIsNoFile() {
        assertFails(folder.toString(), null, Reason.MISSING);
    }

    @Test
    void aHubFileIsFoundInAFlatFolder() throws Exception {
        write(folder.resolve("org/model/config.json"), "flat");
        assertThat(read("hf://org/model/config.json", null)).isEqualTo("flat");
    }

    @Test
    void theChecksumDecidesAmongSnapshots() throws Exception {
        snapshot("aaa", "one");
        snapshot("bbb", "two");
        assertThat(read("hf://org/model/config.json", sum("two"))).isEqualTo("two");
        assertThat(read("hf://org/model/config.json", sum("one"))).isEqualTo("one");
        assertFails("hf://org/model/config.json", sum("three"), Reason.CHECKSUM);
    }

    @Test
    void withoutAChecksumTheMainSnapshotIsTaken() throws Exception {
        snapshot("aaa", "one");
        snapshot("bbb", "two");
        write(folder.resolve("models--org--model/refs/main"), "bbb\n");
        assertThat(read("hf://org/model/config.json", null)).isEqualTo("two");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"hf://../secret", "hf://a/../../secret", "hf:///secret", "hf://secret", "hf://a//b", "hf://a/."})
    void aHubReferenceCannotLeaveTheCache(String path) throws Exception {
        write(root.resolve("secret"), "secret");
        assertFails(path, null, Reason.MISSING);
    }

    @Test
    void aFileIsFetched() throws Exception {
        serve(200, "hello", 5);
        assertThat(read(address(), sum("hello"))).isEqualTo("hello");
        assertFails(address(), sum("other"), Reason.CHECKSUM);
    }

    @Test
    void aRedirectIsNotFollowed() {
        server.createContext("/config.json", exchange -> {
            exchange.getResponseHeaders().add("location", "/other");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        assertFails(address(), null, Reason.IO);
    }

    @Test
    void anAddressWithoutAFileIsMissing() {
        serve(404, "no", 2);
        assertFails(address(), null, Reason.MISSING);
    }

    @Test
    void aFetchHasALargestSizeWhateverIsDeclared() {
        serve(200, "x".repeat(BYTES_MAX + 1), BYTES_MAX + 1);
        assertFails(address(), null, Reason.TOO_LARGE);
        server.removeContext("/config.json");
        serve(200, "x".repeat(BYTES_MAX + 1), 0); // chunked
        assertFails(address(), null, Reason.IO);
    }

    @Test
    void aServerThatStopsInTheMiddleOfABodyIsGivenUp() {
        server.createContext("/config.json", exchange -> {
            exchange.sendResponseHeaders(200, 10);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            awaitEnd();
        });
        assertThatThrownBy(() -> store(Duration.ofMillis(200)).read(new FileReference(address(), null, -1)))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("not fetched in time (expected: within 200ms)");
    }

    @Test
    void aClientThatFollowsRedirectsIsRefused() {
        try (HttpClient following = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.ALWAYS)
                .build()) {
            ModelFilesConfig config = new ModelFilesConfig(folder, BYTES_MAX, Duration.ofSeconds(1));
            assertThatThrownBy(() -> new ModelFileStore(config, following, metrics))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private void awaitEnd() {
        try {
            testEnded.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(int status, String body, long declaredLength) {
        server.createContext("/config.json", exchange -> {
            exchange.sendResponseHeaders(status, declaredLength);
            try (exchange) {
                exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/config.json";
    }

    private void snapshot(String revision, String text) throws IOException {
        write(folder.resolve("models--org--model/snapshots").resolve(revision).resolve("config.json"), text);
    }

    private ModelFileStore store(Duration timeout) {
        return new ModelFileStore(new ModelFilesConfig(folder, BYTES_MAX, timeout), client, metrics);
    }

    private String read(String path, @Nullable String checksum) throws ModelFileException {
        return new String(store.read(new FileReference(path, checksum, -1)), StandardCharsets.UTF_8);
    }

    private void assertFails(String path, @Nullable String checksum, Reason reason) {
        assertThatThrownBy(() -> read(path, checksum))
                .isInstanceOfSatisfying(
                        ModelFileException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(reason))
                .hasMessageContaining("(expected: ");
    }

    private static String sum(String text) {
        return "blake3:" + HexFormat.of().formatHex(Blake3.hash(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Path write(Path file, String text) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        return Files.writeString(file, text);
    }
}
