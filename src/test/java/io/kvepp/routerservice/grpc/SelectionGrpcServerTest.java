package io.kvepp.routerservice.grpc;

import static io.kvepp.routerservice.testing.SelectionFleet.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.router.v1.GetLoadsRequest;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RouterGrpc;
import io.kvepp.router.v1.SelectRequest;
import io.kvepp.router.v1.Selection;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.testing.ModelCards;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The listener as its callers see it.
class SelectionGrpcServerTest {
    private static final String HOST = "127.0.0.1";
    private static final long LIMIT_SECONDS = 20;

    private final SelectionFleet fleet =
            new SelectionFleet(ModelCards.aggregated(MODEL).on(1));
    private SelectionGrpcServer server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = new SelectionGrpcServer(new SelectionGrpcConfig(HOST, 0), fleet.service, () -> "id");
        server.start();
        channel = NettyChannelBuilder.forAddress(HOST, server.port())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.close();
        fleet.close();
    }

    @Test
    void theServiceIsFoundByReflection() throws Exception {
        List<String> services = reflect(
                        ServerReflectionRequest.newBuilder().setListServices("").build())
                .getListServicesResponse()
                .getServiceList()
                .stream()
                .map(ServiceResponse::getName)
                .toList();
        ByteString file = reflect(ServerReflectionRequest.newBuilder()
                        .setFileContainingSymbol(RouterGrpc.SERVICE_NAME)
                        .build())
                .getFileDescriptorResponse()
                .getFileDescriptorProto(0);

        assertThat(services)
                .contains("kvepp.router.v1.Router", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection");
        assertThat(FileDescriptorProto.parseFrom(file).getService(0).getMethodList().stream()
                        .map(MethodDescriptorProto::getName))
                .containsExactly(
                        "Select",
                        "Reserve",
                        "CompletePrefill",
                        "ReportOutput",
                        "Free",
                        "GetOverlapScores",
                        "GetPotentialLoads",
                        "GetLoads",
                        "WatchLoads");
    }

    @Test
    void healthFollowsTheWorkersUntilTheProcessStops() {
        assertThat(health("")).isEqualTo(ServingStatus.SERVING);
        assertThat(health("kvepp.router.v1.Router")).isEqualTo(ServingStatus.SERVING);

        fleet.serve();
        server.publishHealth();
        assertThat(health("")).isEqualTo(ServingStatus.NOT_SERVING);

        fleet.serve(ModelCards.aggregated(MODEL).on(1));
        server.drain();
        server.publishHealth();
        assertThat(health("kvepp.router.v1.Router")).isEqualTo(ServingStatus.NOT_SERVING);
    }

    @Test
    void callsAreAnsweredAndMessagesThatAreTooLargeRefused() {
        var stub = RouterGrpc.newBlockingStub(channel).withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
        Prompt large = Prompt.newBuilder()
                .setCacheSalt("x".repeat(SelectionGrpcServer.MESSAGE_BYTES_MAX))
                .build();

        assertThat(stub.getLoads(GetLoadsRequest.getDefaultInstance()).getPoolsList())
                .hasSize(1);
        assertThatThrownBy(() -> stub.select(SelectRequest.newBuilder()
                        .setSelection(Selection.newBuilder().setPrompt(large))
                        .build()))
                .hasMessageStartingWith("RESOURCE_EXHAUSTED");
    }

    @Test
    void aTakenPortIsNamedWithItsOption() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SelectionGrpcServer late = new SelectionGrpcServer(
                        new SelectionGrpcConfig(HOST, taken.getLocalPort()), fleet.service, () -> "id")) {
            assertThatThrownBy(late::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(
                            "selection-grpc-port: 127.0.0.1:" + taken.getLocalPort() + " (expected: a free port)");
        }
    }

    @Test
    void itIsOffUnlessAPortIsGiven() {
        assertThat(SelectionGrpcConfig.from(Options.defaults(), "h")).isEqualTo(new SelectionGrpcConfig("h", -1));
        assertThat(SelectionGrpcConfig.from(Options.defaults(), "h").isOn()).isFalse();
        Options given = new Options(Map.of("selection-grpc-port", List.of("9095")), Map.of());
        assertThat(SelectionGrpcConfig.from(given, "h")).isEqualTo(new SelectionGrpcConfig("h", 9095));
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> new SelectionGrpcConfig("h", 70_000))
                .withMessage("selection-grpc-port: 70000 (expected: -1 to 65535)");
    }

    private ServingStatus health(String name) {
        return HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService(name).build())
                .getStatus();
    }

    private ServerReflectionResponse reflect(ServerReflectionRequest request) throws Exception {
        CompletableFuture<ServerReflectionResponse> first = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> ask = ServerReflectionGrpc.newStub(channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        first.complete(response);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        first.completeExceptionally(cause);
                    }

                    @Override
                    public void onCompleted() {}
                });
        ask.onNext(request);
        ask.onCompleted();
        return first.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
}
