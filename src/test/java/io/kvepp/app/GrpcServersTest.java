package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.eventplane.testing.Await;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcServersTest {
    private static final String HOST = "127.0.0.1";

    private final GrpcHealth health = new GrpcHealth();

    @Test
    void bothPortsAnswerHealth() throws IOException {
        try (GrpcServers servers = servers(HOST, 0, 0)) {
            servers.startHealth();
            servers.startExtProc();

            assertThat(liveness(servers.port())).isEqualTo(ServingStatus.SERVING);
            assertThat(liveness(servers.healthPort())).isEqualTo(ServingStatus.SERVING);
            assertThat(servers.port()).isNotEqualTo(servers.healthPort());
        }
    }

    @Test
    void aTakenPortIsNamedWithItsOption() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            try (GrpcServers servers = servers(HOST, port, port)) {
                assertThatThrownBy(servers::startExtProc)
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("port: 127.0.0.1:" + port + " (expected: a free port)");
                assertThatThrownBy(servers::startHealth)
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith("health-port: 127.0.0.1:" + port + " (expected: a free port)");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-host.invalid", "203.0.113.7"})
    void anAddressThatIsNotThisMachinesIsNamed(String host) {
        try (GrpcServers servers = servers(host, 0, 0)) {
            assertThatThrownBy(servers::startExtProc)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("port: " + host + ":0 (expected: ");
        }
    }

    @Test
    void drainingEndsExtProcAndLeavesHealth() throws Exception {
        try (GrpcServers servers = servers(HOST, 0, 0)) {
            servers.startHealth();
            servers.startExtProc();
            int port = servers.port();
            servers.drainExtProc(Duration.ofSeconds(5), () -> false, () -> {});

            Await.until("the port is free", () -> isFree(port));
            assertThat(liveness(servers.healthPort())).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void onlyWhatOutlastsTheDrainIsLetGo() throws Exception {
        AtomicInteger letGo = new AtomicInteger();
        for (boolean idle : new boolean[] {true, false}) {
            try (GrpcServers servers = servers(HOST, 0, 0)) {
                servers.startExtProc();
                ManagedChannel channel = watching(servers.port());
                servers.drainExtProc(Duration.ofMillis(100), () -> idle, letGo::incrementAndGet);
                channel.shutdownNow();

                assertThat(letGo).hasValue(idle ? 0 : 1);
            }
        }
    }

    @Test
    void noAnswerOfAnyServerWaitsForAnAcknowledgement() throws Exception {
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        AcceptedSockets sockets = new AcceptedSockets();
        Server server = GrpcServers.builder(HOST, 0)
                .channelFactory(() -> sockets)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .addService(health.service())
                .build()
                .start();
        ManagedChannel channel = watching(server.getPort());

        assertThat(sockets.accepted)
                .singleElement()
                .satisfies(socket -> assertThat(socket.config().isTcpNoDelay()).isTrue());
        channel.shutdownNow();
        server.shutdownNow();
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        assertThat(Path.of("src/main/dist/lib/jvm.options"))
                .as("the HTTP servers, which are the JDK's")
                .content()
                .contains("\n-Dsun.net.httpserver.nodelay=true\n");
    }

    /// A stream that does not end by itself.
    private static ManagedChannel watching(int port) throws InterruptedException {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(HOST, port).usePlaintext().build();
        CountDownLatch open = new CountDownLatch(1);
        HealthGrpc.newStub(channel)
                .watch(
                        HealthCheckRequest.newBuilder()
                                .setService(GrpcHealth.LIVENESS)
                                .build(),
                        new StreamObserver<>() {
                            @Override
                            public void onNext(HealthCheckResponse response) {
                                open.countDown();
                            }

                            @Override
                            public void onError(Throwable problem) {}

                            @Override
                            public void onCompleted() {}
                        });
        assertThat(open.await(30, TimeUnit.SECONDS)).isTrue();
        return channel;
    }

    private GrpcServers servers(String host, int port, int healthPort) {
        ServerConfig config = new ServerConfig(host, port, healthPort, Duration.ZERO, Duration.ZERO, false);
        return new GrpcServers(config, PoolPorts.NONE, 1 << 20, null, health.service(), health.service());
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static ServingStatus liveness(int port) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(HOST, port).usePlaintext().build();
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .check(HealthCheckRequest.newBuilder()
                            .setService(GrpcHealth.LIVENESS)
                            .build())
                    .getStatus();
        } finally {
            channel.shutdownNow();
        }
    }
}
