package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole process on ports the system chooses, with an empty store.
class EppTest {
    @TempDir
    Path store;

    @Test
    void withNobodyThereItBecomesReadyAndADrainTakesThatBack() throws Exception {
        try (Epp epp = new Epp(config("0"))) {
            epp.start();
            assertThat(health(epp.healthPort(), GrpcHealth.LIVENESS)).isEqualTo(ServingStatus.SERVING);
            Await.until("readiness", () -> readyz(epp).statusCode() == 200);
            Await.until(
                    "health on both ports",
                    () -> everyNameIs(ServingStatus.SERVING, epp.port())
                            && everyNameIs(ServingStatus.SERVING, epp.healthPort()));
            assertThat(readyz(epp).body())
                    .containsSubsequence(
                            "pick path warm", "discovery synced", "models loaded", "event sources connected");
            int port = epp.port();

            epp.drain();

            Await.until("health withdrawn", () -> everyNameIs(ServingStatus.NOT_SERVING, epp.healthPort()));
            assertThat(health(epp.healthPort(), GrpcHealth.LIVENESS)).isEqualTo(ServingStatus.SERVING);
            assertThat(readyz(epp).statusCode()).isEqualTo(503);
            assertThatThrownBy(() -> health(port, "")).isInstanceOf(StatusRuntimeException.class);
        }
    }

    @Test
    void everythingIsGoneAfterACloseAndASecondOneChangesNothing() throws Exception {
        Epp epp = new Epp(config("0"));
        epp.start();
        int healthPort = epp.healthPort();
        int adminPort = epp.adminPort();
        epp.close();

        assertThatCode(epp::close).doesNotThrowAnyException();
        assertThatThrownBy(() -> health(healthPort, "")).isInstanceOf(StatusRuntimeException.class);
        assertThatThrownBy(() -> get(adminPort, "/healthz")).isInstanceOf(IOException.class);
    }

    @Test
    void aTakenPortIsNamedAndWhatWasStartedCanBeClosed() throws Exception {
        try (Epp first = new Epp(config("0"))) {
            first.start();
            try (Epp second = new Epp(config(String.valueOf(first.port())))) {
                assertThatThrownBy(second::start)
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("port: 127.0.0.1:" + first.port() + " (expected: a free port)");
            }
        }
    }

    @Test
    void anEppThatWasNeverStartedCanBeClosed() throws IOException {
        Epp epp = new Epp(config("0"));

        assertThatCode(epp::close).doesNotThrowAnyException();
    }

    private EppConfig config(String port) {
        return EppConfig.from(new Options(
                Map.of(
                        "host", List.of("127.0.0.1"),
                        "secure-serving", List.of("false"),
                        "port", List.of(port),
                        "health-port", List.of("0"),
                        "admin-port", List.of("0"),
                        "file-kv", List.of(store.toString()),
                        "drain-propagation", List.of("0s"),
                        "drain-timeout", List.of("5s")),
                Map.of()));
    }

    private static HttpResponse<String> readyz(Epp epp) {
        try {
            return get(epp.adminPort(), "/readyz");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpResponse<String> get(int port, String path) throws IOException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + port + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean everyNameIs(ServingStatus status, int port) {
        return GrpcHealth.READINESS.stream().allMatch(name -> health(port, name) == status);
    }

    private static ServingStatus health(int port, String name) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .check(HealthCheckRequest.newBuilder().setService(name).build())
                    .getStatus();
        } finally {
            channel.shutdownNow();
        }
    }
}
