package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.GatewayPorts;
import io.kvepp.it.stack.GatewaySettings;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The product as a process: start, health, drain, exit status.
@ExtendWith(Deployments.class)
class ProcessLifeIT {
    private static final Duration READY_LIMIT = Duration.ofSeconds(15);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(20);

    private final Processes processes = new Processes(Project.logs().resolve("process"));

    @AfterEach
    void endAll() {
        processes.close();
    }

    @ParameterizedTest(name = "\"{0}\"")
    @ValueSource(
            strings = {"", "readiness", "inference-extension", "envoy.service.ext_proc.v3.ExternalProcessor", "liveness"
            })
    void healthIsServedUnderEveryName(String service, @Aggregated Deployment deployment) {
        GatewayPorts ports = deployment.gateway().ports();

        assertThat(health(ports.health(), service)).isEqualTo(ServingStatus.SERVING);
        assertThat(health(encrypted(ports.extProc()), service)).isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void anUnknownHealthNameIsNotFound(@Aggregated Deployment deployment) {
        assertThat(catchThrowableOfType(
                                StatusRuntimeException.class,
                                () -> health(deployment.gateway().ports().health(), "nobody"))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void anEmptyFolderIsReadyAtOnceAndStopsAtOnce(@TempDir Path empty) {
        GatewayPorts ports = GatewayPorts.free();
        ManagedProcess kvEpp = start(ports, empty);
        AdminClient admin = new AdminClient(ports.admin());

        Await.until("ready", READY_LIMIT, () -> {
            kvEpp.requireAlive();
            return admin.isOk("/readyz");
        });

        assertThat(admin.isOk("/healthz")).isTrue();
        kvEpp.terminate();
        assertThat(kvEpp.awaitExit(EXIT_LIMIT)).isZero();
    }

    @Test
    void sigtermLetsAStreamEndAndRefusesNewRequests(@Aggregated Deployment deployment) {
        Gateway gateway = deployment
                .stack()
                .startGateway(
                        "drained", deployment.frontend().port(), "--drain-timeout", "30s", "--drain-propagation", "0s");
        ManagedChannel before = encrypted(gateway.ports().extProc());
        assertThat(endOfAListing(before)).isEqualTo(Status.Code.OK);
        ObjectNode body = Prompts.streamed(Prompts.chat(deployment.model(), 2000, "s", "tell me a long story"));
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        Headers headers = Headers.of(
                "content-type", "application/json",
                "content-length", Integer.toString(bytes.length),
                "connection", "close");

        try (RawExchange exchange = new RawExchange(gateway.port())) {
            exchange.head("POST", InferenceClient.CHAT, headers).write(bytes);
            exchange.awaitLine("data:");

            gateway.kvEpp().terminate();

            Await.until(
                    "readiness is withdrawn",
                    EXIT_LIMIT,
                    () -> gateway.admin()
                            .get("/readyz")
                            .filter(answer -> answer.status() == 503)
                            .isPresent());
            assertThat(health(gateway.ports().health(), "readiness")).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(health(gateway.ports().health(), "liveness")).isEqualTo(ServingStatus.SERVING);
            assertThat(gateway.admin().isOk("/healthz")).isTrue();
            Await.until(
                    "a new connection is refused",
                    EXIT_LIMIT,
                    () -> endOnANewConnection(gateway.ports().extProc()) == Status.Code.UNAVAILABLE);
            Await.until("the old one takes none", EXIT_LIMIT, () -> endOfAListing(before) == Status.Code.UNAVAILABLE);
            assertThat(gateway.kvEpp().isAlive())
                    .as("kv-epp waits for the stream")
                    .isTrue();
            assertThat(exchange.rest()).contains("\"finish_reason\":\"length\"").contains("data: [DONE]");
        } finally {
            before.shutdownNow();
        }
        assertThat(gateway.kvEpp().awaitExit(EXIT_LIMIT)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"port", "health-port", "admin-port"})
    void aTakenPortIsAClearError(String option, @TempDir Path empty) throws IOException {
        try (ServerSocket taken = new ServerSocket(Ports.free())) {
            ManagedProcess kvEpp =
                    start(GatewayPorts.free(), empty, "--" + option, Integer.toString(taken.getLocalPort()));

            assertThat(kvEpp.awaitExit(EXIT_LIMIT)).isEqualTo(1);
            assertThat(kvEpp.output())
                    .contains("kv-epp: " + option + ": 127.0.0.1:" + taken.getLocalPort() + " (expected: a free port)");
        }
    }

    @Test
    void anUnknownOptionIsAClearError() {
        ManagedProcess kvEpp = processes.start(
                "unknown-option",
                List.of(Project.kvEpp().toString(), "--no-such-option", "1"),
                Gateway.kvEppEnvironment());

        assertThat(kvEpp.awaitExit(EXIT_LIMIT)).isEqualTo(2);
        assertThat(kvEpp.output()).contains("--no-such-option").contains("(expected:");
    }

    @Test
    void aBadValueIsAClearError() {
        ManagedProcess kvEpp = processes.start(
                "bad-value", List.of(Project.kvEpp().toString(), "--port", "70000"), Gateway.kvEppEnvironment());

        assertThat(kvEpp.awaitExit(EXIT_LIMIT)).isEqualTo(2);
        assertThat(kvEpp.output()).contains("port: 70000 (expected: 0 to 65535)");
    }

    /// A repeated flag takes its last value, so `more` wins over the ports.
    private ManagedProcess start(GatewayPorts ports, Path discovery, String... more) {
        GatewaySettings settings = new GatewaySettings("alone", discovery, Ports.free(), List.of(more));
        return processes.start("kv-epp", Gateway.kvEppCommand(settings, ports), Gateway.kvEppEnvironment());
    }

    private static ManagedChannel encrypted(int port) {
        try {
            return NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .build())
                    .build();
        } catch (SSLException e) {
            throw new AssertionError(e);
        }
    }

    private static Status.Code endOnANewConnection(int port) {
        ManagedChannel channel = encrypted(port);
        try {
            return endOfAListing(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    /// How a request without a body ends at the picker itself.
    private static Status.Code endOfAListing(ManagedChannel channel) {
        CompletableFuture<Status.Code> end = new CompletableFuture<>();
        StreamObserver<ProcessingRequest> stream = ExternalProcessorGrpc.newStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .process(new StreamObserver<>() {
                    @Override
                    public void onNext(ProcessingResponse response) {}

                    @Override
                    public void onError(Throwable problem) {
                        var _ = end.complete(Status.fromThrowable(problem).getCode());
                    }

                    @Override
                    public void onCompleted() {
                        var _ = end.complete(Status.Code.OK);
                    }
                });
        stream.onNext(ProcessingRequest.newBuilder()
                .setRequestHeaders(HttpHeaders.newBuilder().setEndOfStream(true))
                .build());
        stream.onCompleted();
        return end.join();
    }

    private static ServingStatus health(int port, String service) {
        return health(
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build(), service);
    }

    private static ServingStatus health(ManagedChannel channel, String service) {
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.newBuilder().setService(service).build())
                    .getStatus();
        } finally {
            channel.shutdownNow();
        }
    }
}
