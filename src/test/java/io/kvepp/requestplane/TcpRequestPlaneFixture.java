package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/// A client under test and the workers it calls; nothing of it may be left when a test ends.
@Timeout(20)
abstract class TcpRequestPlaneFixture {
    static final Duration LONG = Duration.ofSeconds(10);
    static final Duration SHORT = Duration.ofMillis(200);
    static final byte[] PAYLOAD = {(byte) 0x80};
    static final int CALLS_MAX = 4;

    final List<FakeWorker> workers = new ArrayList<>();
    TcpRequestPlaneClient client;

    @BeforeEach
    void start() throws IOException {
        client = client(LONG, LONG);
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        for (FakeWorker worker : workers) {
            worker.close();
        }
    }

    FakeWorker worker(FakeWorker.Script script) throws IOException {
        FakeWorker worker = new FakeWorker(script);
        workers.add(worker);
        return worker;
    }

    CompletableFuture<List<byte[]>> call(FakeWorker worker) {
        return client.call(target(worker), PAYLOAD, LONG);
    }

    static RequestTarget target(FakeWorker worker) {
        return new RequestTarget(worker.transport(), PayloadCodec.MSGPACK);
    }

    void restart(Duration ackTimeout, Duration callHomeTimeout) throws IOException {
        client.close();
        client = client(ackTimeout, callHomeTimeout);
    }

    static TcpRequestPlaneClient client(Duration ackTimeout, Duration callHomeTimeout) throws IOException {
        TcpRequestPlaneClient client = new TcpRequestPlaneClient(
                config(ackTimeout, callHomeTimeout), TcpRequestPlaneClientTest::id, System::nanoTime);
        client.start();
        return client;
    }

    static TcpRequestPlaneConfig config(Duration ackTimeout, Duration callHomeTimeout) {
        return new TcpRequestPlaneConfig(
                InetAddress.ofLiteral("0.0.0.0"),
                0,
                65_536,
                100_000,
                CALLS_MAX,
                CALLS_MAX,
                2,
                LONG,
                LONG,
                ackTimeout,
                callHomeTimeout,
                TcpRequestPlaneConfig.Tls.NONE);
    }

    static String id() {
        return UUID.randomUUID().toString();
    }

    /// Calls up to the limit succeed, so no ended call holds a place.
    void assertAllPermitsAreBack() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.complete();
        });
        for (int i = 0; i < CALLS_MAX; i++) {
            Await.until(
                    "a place for a call",
                    () -> !call(worker).handle((_, e) -> e != null).join());
        }
    }

    static void assertAllClosed(FakeWorker worker) {
        Await.until("no open answer", () -> worker.openAnswers() == 0);
    }

    static void assertFails(CompletableFuture<List<byte[]>> call, Reason reason, String message) {
        assertThatThrownBy(call::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RequestPlaneException.class,
                        e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason))
                .hasMessageContaining(message);
    }

    static FakeWorker.Home take(BlockingQueue<FakeWorker.Home> homes) {
        try {
            return homes.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
