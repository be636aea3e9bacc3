package io.kvepp.app;

import static io.kvepp.testing.ConfigChecks.assertRefused;
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

        try (GrpcServers servers = servers(PoolPorts.of(config, 0))) {
            servers.startExtProc();
            call(servers.port());
            call(other);
        }
        assertThat(asked).containsExactly("ns/main", "ns/other");
    }

    @Test
    void aPoolMayNameTheMainPort() throws IOException {
        int main = Ports.free();
        int other = Ports.free();
        PoolConfig config = pools(new PoolRef("ns", "main", main), new PoolRef("ns", "other", other));

        try (GrpcServers servers = servers(main, PoolPorts.of(config, main))) {
            servers.startExtProc();
            call(main);
            call(other);
            assertThat(servers.ports()).containsExactly(main, other);
        }
        assertThat(asked).containsExactly("ns/main", "ns/other");
    }

    @Test
    void theMainPortIsFreeWhenEveryPoolHasAnother() throws IOException {
        int main = Ports.free();
        int other = Ports.free();
        PoolPorts ports = PoolPorts.of(pools(new PoolRef("ns", "other", other)), main);

        try (ServerSocket _ = new ServerSocket(main, 1, InetAddress.getLoopbackAddress());
                GrpcServers servers = servers(main, ports)) {
            servers.startExtProc();
            assertThat(servers.ports()).containsExactly(other);
        }
    }

    @Test
    void twoPoolsCannotHaveTheMainPort() {
        PoolRef first = new PoolRef("ns", "first", PoolRef.MAIN_PORT);
        PoolRef second = new PoolRef("ns", "second", 9002);
        PoolConfig beside = new PoolConfig(List.of(second), Map.of("a", "b"), List.of(8000));

        assertRefused(
                () -> PoolPorts.of(pools(first, second), 9002),
                "pool: ns/second (expected: another port than 9002, which ns/first has)");
        assertRefused(
                () -> PoolPorts.of(beside, 9002),
                "pool: ns/second (expected: another port than 9002, which endpoint-selector has)");
    }

    @Test
    void selectedPodsAreThePoolOfTheMainPort() throws IOException {
        try (GrpcServers servers = servers(PoolPorts.of(new PoolConfig(List.of(), Map.of("a", "b"), List.of(1)), 0))) {
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

    private static PoolConfig pools(PoolRef... pools) {
        return new PoolConfig(List.of(pools), Map.of(), List.of(8000));
    }

    private GrpcServers servers(PoolPorts ports) {
        return servers(0, ports);
    }

    private GrpcServers servers(int port, PoolPorts ports) {
        ServerConfig config = new ServerConfig(HOST, port, 0, Duration.ZERO, Duration.ZERO, false);
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
