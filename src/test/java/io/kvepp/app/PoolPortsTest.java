package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.it.process.Ports;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.PickRequest;
import io.kvepp.pool.PoolConfig;
import io.kvepp.pool.PoolRef;
import io.kvepp.pool.Pools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PoolPortsTest {
    private static final String HOST = "127.0.0.1";
    private static final PickRequest REQUEST = new PickRequest("r", "GET", "/", List.of(), new byte[0]);

    private final List<String> asked = new ArrayList<>();
    private final EndpointPicker picker = PoolPorts.ofMarked((request, _) -> {
        asked.add(String.valueOf(request.pool()));
        return () -> {};
    });

    @Test
    void thePortTellsThePool() throws IOException {
        int other = Ports.free();
        PoolConfig config = new PoolConfig(
                List.of(new PoolRef("ns", "main", PoolRef.MAIN_PORT), new PoolRef("ns", "other", other)),
                Map.of(),
                List.of(8000));

        try (GrpcServers servers = servers(PoolPorts.of(config))) {
            servers.startExtProc();
            call(servers.port());
            call(other);
        }
        assertThat(asked).containsExactly("ns/main", "ns/other");
    }

    @Test
    void selectedPodsAreThePoolOfTheMainPort() throws IOException {
        try (GrpcServers servers = servers(PoolPorts.of(new PoolConfig(List.of(), Map.of("a", "b"), List.of(1))))) {
            servers.startExtProc();
            call(servers.port());
        }
        assertThat(asked).containsExactly(Pools.SELECTED);
    }

    @Test
    void withoutPoolsNoneIsAskedFor() throws IOException {
        try (GrpcServers servers = servers(PoolPorts.NONE)) {
            servers.startExtProc();
            call(servers.port());
        }
        assertThat(asked).containsExactly("null");
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                GrpcServers servers = servers(new PoolPorts(null, Map.of(taken.getLocalPort(), "ns/p")))) {
            assertThatThrownBy(servers::startExtProc)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("pool: " + HOST + ":" + taken.getLocalPort() + " (expected: ");
        }
    }

    private GrpcServers servers(PoolPorts ports) {
        ServerConfig config = new ServerConfig(HOST, 0, 0, Duration.ZERO, Duration.ZERO, false);
        ServerServiceDefinition asking = new Asking().bindService();
        return new GrpcServers(config, ports, 1 << 20, null, asking, asking);
    }

    /// Asks the picker in each call.
    private final class Asking extends HealthGrpc.HealthImplBase {
        @Override
        public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answers) {
            var _ = picker.pick(REQUEST, _ -> {});
            answers.onNext(HealthCheckResponse.getDefaultInstance());
            answers.onCompleted();
        }
    }

    private static void call(int port) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(HOST, port).usePlaintext().build();
        try {
            var _ = HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance());
        } finally {
            channel.shutdownNow();
        }
    }
}
