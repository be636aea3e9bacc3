package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class TcpRequestPlaneClientTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final byte[] PAYLOAD = {(byte) 0x80};
    private static final int CALLS_MAX = 4;

    private final List<FakeWorker> workers = new ArrayList<>();
    private TcpRequestPlaneClient client;

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

    @Test
    void anAnswerIsItsItemsInOrder() throws Exception {
        BlockingQueue<ReceivedRequest> received = new LinkedBlockingQueue<>();
        FakeWorker worker = worker(request -> {
            received.add(request.received);
            FakeWorker.Home home = request.answer();
            home.item(5);
            home.item(300);
            home.complete();
        });

        assertThat(call(worker).get()).containsExactly(new byte[] {5}, new byte[] {(byte) 0xcd, 1, 44});
        ReceivedRequest request = received.take();
        assertThat(request.path()).isEqualTo("7b/ns/component/endpoint");
        assertThat(request.payload()).isEqualTo(PAYLOAD);
        assertThat(request.info().get("address").textValue()).startsWith("127.0.0.1:");
        assertAllClosed(worker);
    }

    @Test
    void anAnswerInJsonIsReadAsJson() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.body(utf8("{\"data\":{\"a\": 1},\"complete_final\":false}"));
            home.body(utf8("{\"complete_final\":true}"));
            home.header("\"sentinel\"");
            home.awaitEnd();
        });
        RequestTarget target = new RequestTarget("tcp://" + worker.transport(), PayloadCodec.JSON);
        assertThat(client.call(target, utf8("{}"), LONG).get()).containsExactly(utf8("{\"a\": 1}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rpc-generate", "rpc-kv-recovery-dump", "rpc-kv-recovery-events"})
    void aRecordedAnswerIsAccepted(String name) throws Exception {
        List<byte[]> answer = CapturedCall.load(name).answer();
        FakeWorker worker = worker(request -> {
            request.acknowledge("");
            FakeWorker.Home home = request.callHome(request.received.subject());
            for (byte[] message : answer.subList(1, answer.size())) {
                home.send(message);
            }
            home.awaitEnd();
        });
        assertThat(call(worker).get()).hasSize(answer.size() - 4);
    }

    @Test
    void aWorkerMayCallHomeBeforeItAcknowledges() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.callHome(request.received.subject());
            home.header("{\"error\":null}");
            home.item(1);
            request.acknowledge("");
            home.complete();
        });
        assertThat(call(worker).get()).hasSize(1);
    }

    @Test
    void anAnswerNeedsNoSentinelAndNoItems() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.body(new byte[] {
                (byte) 0x81,
                (byte) 0xae,
                'c',
                'o',
                'm',
                'p',
                'l',
                'e',
                't',
                'e',
                '_',
                'f',
                'i',
                'n',
                'a',
                'l',
                (byte) 0xc3
            });
            home.close();
        });
        assertThat(call(worker).get()).isEmpty();
        assertAllClosed(worker);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Server unavailable: unknown endpoint 7b/ns/component/endpoint",
                "Server overloaded: full",
                "Unknown endpoint: x"
            })
    void anyTextInTheAcknowledgementIsARefusal(String text) throws Exception {
        FakeWorker worker = worker(request -> request.acknowledge(text));
        assertFails(call(worker), Reason.REJECTED, "worker: " + text);
        assertAllClosed(worker);
    }

    @Test
    void anErrorInThePrologueIsARefusal() throws Exception {
        FakeWorker worker = worker(request -> {
            request.acknowledge("");
            FakeWorker.Home home = request.callHome(request.received.subject());
            home.header("{\"error\":\"no such\\nthing\"}");
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.REJECTED, "worker: no such thing");
        assertAllClosed(worker);
    }

    @Test
    void aWorkerThatIsNotThereIsNoConnection() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        RequestTarget target = new RequestTarget("127.0.0.1:" + port + "/p", PayloadCodec.MSGPACK);
        assertFails(client.call(target, PAYLOAD, LONG), Reason.CONNECT, "expected: a connection");
    }

    @Test
    void aTransportThatCannotBeReadIsMalformed() {
        RequestTarget target = new RequestTarget("nats.subject", PayloadCodec.MSGPACK);
        assertFails(client.call(target, PAYLOAD, LONG), Reason.MALFORMED, "transport: nats.subject");
    }

    @Test
    void aWorkerThatHangsUpBeforeItAcknowledgesIsDisconnected() throws Exception {
        FakeWorker worker = worker(FakeWorker.Request::hangUp);
        assertFails(call(worker), Reason.DISCONNECTED, "connection to the worker ended");
    }

    @Test
    void anAnswerWithoutItsEndIsDisconnected() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.item(1);
            home.close();
        });
        assertFails(call(worker), Reason.DISCONNECTED, "connection to the worker ended");
        assertAllClosed(worker);
    }

    @Test
    void aSentinelBeforeTheEndIsDisconnected() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.item(1);
            home.header("\"sentinel\"");
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.DISCONNECTED, "answer ended early");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"data\":1}", "\"stop\"", "not json"})
    void aHeaderThatDoesNotBelongThereIsMalformed(String header) throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.header(header);
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.MALFORMED, "header within the answer");
        FakeWorker noPrologue = worker(request -> {
            request.acknowledge("");
            FakeWorker.Home home = request.callHome(request.received.subject());
            home.header(header);
            home.awaitEnd();
        });
        assertFails(call(noPrologue), Reason.MALFORMED, "answer without a prologue");
    }

    @Test
    void anItemThatIsNotMsgpackIsMalformed() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.body(utf8("{}"));
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.MALFORMED, "item: ");
    }

    @Test
    void anOversizedMessageEndsTheCallBeforeItArrives() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.send(ByteBuffer.allocate(24).putLong(0).putLong(1L << 40).array());
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.TOO_LARGE, "message: 1099511627776 bytes (expected: at most 65536)");
        assertAllClosed(worker);
    }

    @Test
    void anOversizedAcknowledgementEndsTheCall() throws Exception {
        FakeWorker worker = worker(request -> request.send(new byte[] {-1, -1, -1, -1}));
        assertFails(call(worker), Reason.TOO_LARGE, "acknowledgement: 4294967295 bytes (expected: at most 65536)");
    }

    @Test
    void anAnswerThatNeverEndsIsTooLarge() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            while (true) {
                home.item(1);
            }
        });
        assertFails(call(worker), Reason.TOO_LARGE, "answer: ");
    }

    @Test
    void anOversizedRequestIsNotSent() throws Exception {
        FakeWorker worker = worker(request -> request.acknowledge("sent"));
        assertFails(client.call(target(worker), new byte[70_000], LONG), Reason.TOO_LARGE, "request: ");
    }

    @Test
    void aWorkerThatDoesNotAcknowledgeIsGivenUp() throws Exception {
        restart(SHORT, LONG);
        FakeWorker worker = worker(_ -> {});
        assertFails(call(worker), Reason.TIMEOUT, "acknowledgement: ");
        assertAllClosed(worker);
    }

    @Test
    void aWorkerThatDoesNotCallHomeIsGivenUp() throws Exception {
        restart(LONG, SHORT);
        FakeWorker worker = worker(request -> request.acknowledge(""));
        assertFails(call(worker), Reason.TIMEOUT, "call home: ");
        assertAllClosed(worker);
    }

    @Test
    void aConnectionThatNamesAnotherSubjectIsClosedAndTheCallGoesOn() throws Exception {
        FakeWorker worker = worker(request -> {
            request.acknowledge("");
            request.callHome("another").awaitEnd();
            FakeWorker.Home home = request.callHome(request.received.subject());
            home.header("{\"error\":null}");
            home.item(7);
            home.complete();
        });
        assertThat(call(worker).get()).containsExactly(new byte[] {7});
    }

    @Test
    void anAnswerThatDripsEndsWithTheCallsTime() throws Exception {
        FakeWorker worker = worker(request -> {
            FakeWorker.Home home = request.answer();
            home.send(ByteBuffer.allocate(24).putLong(0).putLong(60_000).array());
            while (true) {
                home.send(new byte[1]);
                LockSupport.parkNanos(5_000_000);
            }
        });
        assertFails(client.call(target(worker), PAYLOAD, Duration.ofMillis(300)), Reason.TIMEOUT, "call: ");
    }

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
            } catch (RequestPlaneException e) {
                heard.add(e.toString());
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
                new TcpRequestPlaneClient(config(LONG, LONG), TcpRequestPlaneClientTest::id)) {
            assertThatThrownBy(
                            () -> unstarted.call(target(worker), PAYLOAD, LONG).get())
                    .hasCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            TcpRequestPlaneConfig config = new TcpRequestPlaneConfig(
                    InetAddress.ofLiteral("127.0.0.1"), taken.getLocalPort(), 65_536, 65_536, 1, LONG, LONG, LONG);
            try (TcpRequestPlaneClient second = new TcpRequestPlaneClient(config, TcpRequestPlaneClientTest::id)) {
                assertThatThrownBy(second::start)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("request-plane-port: ");
            }
        }
    }

    private FakeWorker worker(FakeWorker.Script script) throws IOException {
        FakeWorker worker = new FakeWorker(script);
        workers.add(worker);
        return worker;
    }

    private CompletableFuture<List<byte[]>> call(FakeWorker worker) {
        return client.call(target(worker), PAYLOAD, LONG);
    }

    private static RequestTarget target(FakeWorker worker) {
        return new RequestTarget(worker.transport(), PayloadCodec.MSGPACK);
    }

    private void restart(Duration ackTimeout, Duration callHomeTimeout) throws IOException {
        client.close();
        client = client(ackTimeout, callHomeTimeout);
    }

    private static TcpRequestPlaneClient client(Duration ackTimeout, Duration callHomeTimeout) throws IOException {
        TcpRequestPlaneClient client =
                new TcpRequestPlaneClient(config(ackTimeout, callHomeTimeout), TcpRequestPlaneClientTest::id);
        client.start();
        return client;
    }

    private static TcpRequestPlaneConfig config(Duration ackTimeout, Duration callHomeTimeout) {
        return new TcpRequestPlaneConfig(
                InetAddress.ofLiteral("0.0.0.0"), 0, 65_536, 100_000, CALLS_MAX, LONG, ackTimeout, callHomeTimeout);
    }

    private static String id() {
        return UUID.randomUUID().toString();
    }

    /// Calls up to the limit succeed, so no ended call holds a place.
    private void assertAllPermitsAreBack() throws Exception {
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

    private static void assertAllClosed(FakeWorker worker) {
        Await.until("no open connection", () -> worker.openConnections() == 0);
    }

    private static void assertFails(CompletableFuture<List<byte[]>> call, Reason reason, String message) {
        assertThatThrownBy(call::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RequestPlaneException.class,
                        e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason))
                .hasMessageContaining(message);
    }

    private static FakeWorker.Home take(BlockingQueue<FakeWorker.Home> homes) {
        try {
            return homes.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
