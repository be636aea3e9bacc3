package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvepp.config.Options;
import io.kvepp.eventplane.testing.Await;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What gateways meet while the process stops.
class DrainTest {
    @TempDir
    Path store;

    @Test
    void newStreamsAreUnavailableOnOldAndNewConnectionsWhileAnOpenOneGoesOn() throws Exception {
        try (Epp epp = new Epp(config());
                ExecutorService stopping = Executors.newSingleThreadExecutor()) {
            epp.start();
            ManagedChannel old = channel(epp.port());
            int port = epp.port();
            Await.until("requests are answered", () -> end(old) == Status.Code.OK);
            Exchange open = new Exchange(old);
            open.send(PortableMessages.responseHeaders(":status", "200"));
            assertThat(open.next().hasResponseHeaders()).isTrue();

            Future<?> drained = stopping.submit(epp::drain);

            Await.until("a new connection is refused", () -> endOnANewConnection(port) == Status.Code.UNAVAILABLE);
            // What was on its way when the connection was told to go is still answered.
            Await.until("the old one takes none", () -> end(old) == Status.Code.UNAVAILABLE);
            assertThat(drained.isDone()).as("it waits for the open stream").isFalse();
            open.send(PortableMessages.response("rest", true));
            assertThat(open.next().hasResponseBody()).isTrue();
            open.halfClose();
            assertThat(open.end()).isEqualTo(Status.Code.OK);
            drained.get(20, TimeUnit.SECONDS);
            old.shutdownNow();
        }
    }

    private static Status.Code endOnANewConnection(int port) {
        ManagedChannel channel = channel(port);
        try {
            return end(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    /// How a request without a body ends.
    private static Status.Code end(ManagedChannel channel) {
        Exchange exchange = new Exchange(channel);
        exchange.send(PortableMessages.headOnly(":method", "GET", ":path", "/v1/models"));
        exchange.halfClose();
        return exchange.end();
    }

    private static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    private EppConfig config() {
        return EppConfig.from(new Options(
                Map.of(
                        "host", List.of("127.0.0.1"),
                        "secure-serving", List.of("false"),
                        "port", List.of("0"),
                        "health-port", List.of("0"),
                        "admin-port", List.of("0"),
                        "file-kv", List.of(store.toString()),
                        "drain-propagation", List.of("0s"),
                        "drain-timeout", List.of("60s")),
                Map.of()));
    }

    private static final class Exchange implements StreamObserver<ProcessingResponse> {
        private final BlockingQueue<ProcessingResponse> responses = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status.Code> end = new CompletableFuture<>();
        private final StreamObserver<ProcessingRequest> requests;

        Exchange(ManagedChannel channel) {
            requests = ExternalProcessorGrpc.newStub(channel).process(this);
        }

        void send(ProcessingRequest message) {
            requests.onNext(message);
        }

        void halfClose() {
            requests.onCompleted();
        }

        ProcessingResponse next() throws InterruptedException {
            ProcessingResponse response = responses.poll(20, TimeUnit.SECONDS);
            assertThat(response).as("an answer in time").isNotNull();
            return response;
        }

        Status.Code end() {
            try {
                return end.get(20, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("no end in time", e);
            } catch (ExecutionException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void onNext(ProcessingResponse response) {
            responses.add(response);
        }

        @Override
        public void onError(Throwable problem) {
            var _ = end.complete(Status.fromThrowable(problem).getCode());
        }

        @Override
        public void onCompleted() {
            var _ = end.complete(Status.Code.OK);
        }
    }
}
