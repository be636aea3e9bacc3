package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How calls end before their answer does, and what a client allows at a time.
@Timeout(20)
class TcpRequestPlaneLifeTest extends TcpRequestPlaneFixture {
    @Test
    void cancellingKillsTheRequestAndLaterItemsDoNoHarm() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        BlockingQueue<FakeWorker.Home> answering = new LinkedBlockingQueue<>();
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            answering.add(home);
            try {
                heard.add(home.readHeader());
                while (true) {
                    home.item(1);
                }
            } finally {
                home.close();
            }
        });
        // A connection that the call does not have yet is closed without a word: again, then.
        Await.until("a kill", () -> {
            CompletableFuture<List<byte[]>> call = call(worker);
            take(answering);
            call.cancel(false);
            assertThatThrownBy(call::get).isInstanceOf(CancellationException.class);
            assertAllClosed(worker);
            return !heard.isEmpty();
        });
        assertThat(heard.take()).isEqualTo("\"kill\"");
        assertAllPermitsAreBack();
    }

    @Test
    void aCallCancelledBeforeTheWorkerCallsHomeTurnsItAway() throws Exception {
        CountDownLatch received = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch turnedAway = new CountDownLatch(1);
        FakeWorker worker = worker(request -> {
            request.acknowledge("");
            received.countDown();
            await(cancelled);
            request.callHome(request.received.subject()).awaitEnd();
            turnedAway.countDown();
        });
        CompletableFuture<List<byte[]>> call = call(worker);
        received.await();
        call.cancel(true);
        cancelled.countDown();
        assertThat(turnedAway.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void oneCallMoreThanAllowedIsRefusedAndTheRestGoOn() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            await(release);
            home.item(1);
            home.complete();
        });
        List<CompletableFuture<List<byte[]>>> calls = new ArrayList<>();
        for (int i = 0; i < CALLS_MAX; i++) {
            calls.add(call(worker));
        }
        assertFails(call(worker), Reason.REJECTED, "request-plane-calls-max: 4 calls (expected: fewer)");
        release.countDown();
        for (CompletableFuture<List<byte[]>> call : calls) {
            assertThat(call.get()).hasSize(1);
        }
        assertAllPermitsAreBack();
    }

    @Test
    void whoeverHasAnAnswerMayCallAgainAtOnce() throws Exception {
        FakeWorker worker = worker(request -> request.answer().complete());
        FakeWorker refusing = worker(request -> request.acknowledge("no"));
        List<CompletableFuture<List<byte[]>>> last = new ArrayList<>();
        for (int i = 0; i < CALLS_MAX; i++) {
            CompletableFuture<List<byte[]>> chain = call(worker);
            for (int j = 0; j < 20; j++) {
                chain = chain.thenCompose(_ -> call(refusing))
                        .handle((_, failure) -> failure.getCause().getMessage())
                        .thenCompose(message -> {
                            assertThat(message).isEqualTo("worker: no");
                            return call(worker);
                        });
            }
            last.add(chain);
        }
        for (CompletableFuture<List<byte[]>> chain : last) {
            assertThat(chain.get()).isEmpty();
        }
    }

    @Test
    void closingEndsEveryCall() throws Exception {
        CountDownLatch received = new CountDownLatch(2);
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            received.countDown();
            home.awaitEnd();
        });
        CompletableFuture<List<byte[]>> first = call(worker);
        CompletableFuture<List<byte[]>> second = call(worker);
        received.await();
        client.close();
        assertFails(first, Reason.CANCELLED, "client closed");
        assertFails(second, Reason.CANCELLED, "client closed");
        assertFails(call(worker), Reason.CANCELLED, "client closed");
        assertAllClosed(worker);
    }

    @Test
    void aCallBeforeTheStartIsAnErrorOfTheProgram() throws Exception {
        FakeWorker worker = worker(request -> request.acknowledge(""));
        try (TcpRequestPlaneClient unstarted =
                new TcpRequestPlaneClient(config(LONG, LONG), TcpRequestPlaneClientTest::id, System::nanoTime)) {
            assertThatThrownBy(
                            () -> unstarted.call(target(worker), PAYLOAD, LONG).get())
                    .hasCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            TcpRequestPlaneConfig config = new TcpRequestPlaneConfig(
                    InetAddress.ofLiteral("127.0.0.1"),
                    taken.getLocalPort(),
                    65_536,
                    65_536,
                    1,
                    1,
                    1,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    TcpRequestPlaneConfig.Tls.NONE);
            try (TcpRequestPlaneClient second =
                    new TcpRequestPlaneClient(config, TcpRequestPlaneClientTest::id, System::nanoTime)) {
                assertThatThrownBy(second::start)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("request-plane-port: ");
            }
        }
    }
}
