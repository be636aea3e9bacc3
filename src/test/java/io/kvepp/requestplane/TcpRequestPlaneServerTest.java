package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a server answers, to the client of this project and to recorded callers.
class TcpRequestPlaneServerTest extends ServerFixture {
    @Test
    void aShortAnswerArrivesWholeAndInOrder() throws Exception {
        BlockingQueue<EndpointRequest> heard = new LinkedBlockingQueue<>();
        serve((request, answer) -> {
            heard.add(request);
            answer.send(new byte[] {5});
            answer.send(new byte[] {6});
        });
        try (ItemStream stream = open(new byte[] {1})) {
            assertThat(value(stream.next())).isEqualTo(5);
            assertThat(value(stream.next())).isEqualTo(6);
            assertThat(stream.next()).isNull();
        }
        EndpointRequest request = heard.take();
        assertThat(request.id()).isEqualTo("request-1");
        assertThat(request.payload()).containsExactly(1);
        assertThat(request.metadata()).containsEntry("who", "me");
        awaitOutcome("ok");
    }

    @Test
    void anItemOfALongAnswerArrivesBeforeTheNextIsMade() throws Exception {
        BlockingQueue<Integer> go = new LinkedBlockingQueue<>();
        serve((_, answer) -> {
            answer.open();
            for (int i = go.take(); i >= 0; i = go.take()) {
                answer.send(new byte[] {(byte) i});
            }
        });
        try (ItemStream stream = open(new byte[] {1})) {
            for (int i = 0; i < 5; i++) {
                go.add(i);
                assertThat(value(stream.next())).isEqualTo(i);
            }
            go.add(-1);
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void jsonIsAnsweredInJson() throws Exception {
        serve((request, answer) -> answer.send(request.payload()));
        List<byte[]> items =
                client.call(target(PayloadCodec.JSON), utf8("{\"a\":1}"), LONG).get();
        assertThat(items).hasSize(1);
        assertThat(new String(items.getFirst(), StandardCharsets.UTF_8)).isEqualTo("{\"data\":{\"a\":1}}");
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT, InvalidArgument",
        "CANNOT_CONNECT, CannotConnect",
        "DISCONNECTED, Disconnected",
        "CONNECTION_TIMEOUT, ConnectionTimeout",
        "RESPONSE_TIMEOUT, ResponseTimeout",
        "CANCELLED, Cancelled",
        "RESOURCE_EXHAUSTED, ResourceExhausted",
        "WORKER_OVERLOADED, WorkerOverloaded",
        "UNAVAILABLE, Unavailable",
        "UNKNOWN, Unknown"
    })
    void anErrorIsAnItemWithItsTypeInDynamosWords(EndpointException.ErrorType type, String word) throws Exception {
        serve((_, _) -> {
            throw new EndpointException(type, "queue: full");
        });
        for (PayloadCodec codec : PayloadCodec.values()) {
            byte[] item = client.call(target(codec), utf8("{}"), LONG).get().getFirst();
            String text = codec == PayloadCodec.JSON
                    ? new ObjectMapper().readTree(item).at("/error/error_type").asText()
                    : errorType(item);
            assertThat(text).isEqualTo(word);
        }
        awaitOutcome("failed");
    }

    @Test
    void aHandlerThatBreaksTellsNothingOfItself() throws Exception {
        serve((_, _) -> {
            throw new IllegalStateException("secret");
        });
        byte[] item =
                client.call(target(PayloadCodec.JSON), utf8("{}"), LONG).get().getFirst();
        assertThat(new String(item, StandardCharsets.UTF_8))
                .contains("Unknown", "internal error")
                .doesNotContain("secret");
    }

    @Test
    void stopIsHeardAndTheAnswerEndsProperly() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.onStop(stopped::countDown);
            answer.send(new byte[] {1});
            answer.open();
            stopped.await();
            answer.send(new byte[] {2});
        });
        try (ItemStream stream = open(new byte[] {1})) {
            assertThat(value(stream.next())).isEqualTo(1);
            stream.stop();
            assertThat(value(stream.next())).isEqualTo(2);
            assertThat(stream.next()).isNull();
        }
        awaitOutcome("stopped");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallerThatIsGoneStopsTheAnswer(boolean politely) throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicBoolean late = new AtomicBoolean();
        serve((_, answer) -> {
            answer.open();
            answer.onStop(stopped::countDown);
            stopped.await();
            assertThatThrownBy(() -> {
                        while (true) {
                            answer.send(new byte[] {1});
                        }
                    })
                    .isInstanceOf(IOException.class);
            late.set(true);
            throw new IOException("gone");
        });
        ItemStream stream = open(new byte[] {1});
        if (politely) {
            stream.close();
        } else {
            client.close();
        }
        awaitOutcome("caller_gone");
        assertThat(late).isTrue();
    }

    @Test
    void aCallerThatSaysKillIsGoneAlthoughItsConnectionStays() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            answer.onStop(stopped::countDown);
            stopped.await();
            answer.send(new byte[] {1});
        });
        try (ServerSocket home = homePort();
                Socket socket = connect()) {
            socket.getOutputStream().write(frame("a", home));
            assertThat(ack(socket)).isEmpty();
            try (Socket called = home.accept()) {
                called.getOutputStream()
                        .write(TwoPart.headerOnly(utf8("\"kill\"")).toBytes());
                awaitOutcome("caller_gone");
            }
        }
    }

    @Test
    void aCallerThatCannotBeCalledIsGone() throws Exception {
        serve((_, answer) -> answer.send(new byte[] {1}));
        ServerSocket home = homePort();
        byte[] request = frame("a", home);
        home.close();
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request);
            assertThat(ack(socket)).isEmpty();
            awaitOutcome("caller_gone");
        }
    }

    @Test
    void anActionRegisteredAfterTheStopRunsAtOnce() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch again = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            answer.onStop(stopped::countDown);
            stopped.await();
            answer.onStop(again::countDown);
        });
        open(new byte[] {1}).close();
        again.await();
    }

    @Test
    void aPathThatIsNotServedIsRefusedInTheWordsOfAWorker() throws Exception {
        CapturedCall recorded = CapturedCall.load("rpc-unknown-endpoint");
        try (Socket socket = connect()) {
            socket.getOutputStream().write(recorded.request());
            byte[] ack = new DataInputStream(socket.getInputStream()).readNBytes(recorded.ack().length);
            assertThat(ack).isEqualTo(recorded.ack());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rpc-generate",
                "rpc-generate-error",
                "rpc-kv-recovery-dump",
                "rpc-kv-recovery-events",
                "rpc-kv-recovery-toonew"
            })
    void aRecordedCallerGetsTheRecordedBytes(String name) throws Exception {
        CapturedCall recorded = CapturedCall.load(name);
        ReceivedRequest request = ReceivedRequest.of(recorded.request());
        List<byte[]> answer = recorded.answer();
        server.serve(request.path(), "router", "recorded", (received, out) -> {
            assertThat(received.payload()).isEqualTo(request.payload());
            for (byte[] message : answer.subList(2, answer.size() - 2)) {
                out.sendItem(recordedItem(message));
            }
        });
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        answer.forEach(expected::writeBytes);
        try (ServerSocket home = homePort();
                Socket socket = connect()) {
            String address = request.info().get("address").textValue();
            socket.getOutputStream().write(replaced(recorded.request(), address, "127.0.0.1:" + home.getLocalPort()));
            assertThat(ack(socket)).isEmpty();
            try (Socket called = home.accept()) {
                assertThat(called.getInputStream().readNBytes(expected.size())).isEqualTo(expected.toByteArray());
            }
        }
    }

    @Test
    void manyRequestsMaySendOnOneConnectionBeforeTheFirstIsAcknowledged() throws Exception {
        serve((_, answer) -> answer.send(new byte[] {1}));
        try (ServerSocket home = homePort();
                Socket socket = connect()) {
            byte[] known = frame("a", home);
            byte[] other = frame("b", home);
            byte[] unknown = new RequestFrame("7b/x", "c", "127.0.0.1:1", "s", PayloadCodec.MSGPACK, Map.of())
                    .toBytes(new byte[1], 1 << 20);
            socket.getOutputStream().write(concat(known, unknown, other));
            assertThat(ack(socket)).isEmpty();
            assertThat(ack(socket)).isEqualTo("Server unavailable: unknown endpoint 7b/x");
            assertThat(ack(socket)).isEmpty();
            home.accept().close();
            home.accept().close();
        }
    }

    @Test
    void aDrainingServerRefusesAndWaitsForWhatIsUnderWay() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            end.await();
            answer.send(new byte[] {1});
        });
        try (ItemStream stream = open(new byte[] {1})) {
            Thread draining = Thread.startVirtualThread(() -> {
                try {
                    server.drain(LONG);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            Await.until("a refusal", this::isDraining);
            assertThat(draining.isAlive()).isTrue();
            end.countDown();
            assertThat(value(stream.next())).isEqualTo(1);
            draining.join(Duration.ofSeconds(10));
            assertThat(draining.isAlive()).isFalse();
        }
    }

    private boolean isDraining() {
        try {
            open(new byte[] {1}).close();
            return false;
        } catch (RequestPlaneException e) {
            assertThat(e.reason()).isEqualTo(Reason.REJECTED);
            return e.getMessage().contains("Server unavailable: shutting down");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] frame(String id, ServerSocket home) throws RequestPlaneException {
        return new RequestFrame(PATH, id, "127.0.0.1:" + home.getLocalPort(), "s-" + id, PayloadCodec.MSGPACK, Map.of())
                .toBytes(new byte[] {1}, 1 << 20);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] recordedItem(byte[] message) throws IOException {
        try {
            TwoPart part = TwoPart.whole(Unpooled.wrappedBuffer(message));
            return StreamItem.read(part.body(), PayloadCodec.MSGPACK).data();
        } catch (RequestPlaneException | MalformedMessageException e) {
            throw new IOException(e);
        }
    }

    /// With as many digits as recorded ports have.
    private static ServerSocket homePort() throws IOException {
        while (true) {
            ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            if (socket.getLocalPort() > 9_999) {
                return socket;
            }
            socket.close();
        }
    }

    private static byte[] replaced(byte[] bytes, String text, String other) {
        String latin = new String(bytes, StandardCharsets.ISO_8859_1);
        assertThat(latin).contains(text);
        assertThat(other).hasSameSizeAs(text);
        return latin.replace(text, other).getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The number in `{"data": number}`.
    private static long value(byte[] item) throws Exception {
        MsgpackReader reader = new MsgpackReader(item);
        assertThat(reader.mapHeader()).isEqualTo(1);
        assertThat(reader.string()).isEqualTo("data");
        return reader.bits64();
    }

    private static String errorType(byte[] item) throws Exception {
        MsgpackReader reader = new MsgpackReader(item);
        assertThat(reader.mapHeader()).isEqualTo(2);
        assertThat(reader.string()).isEqualTo("event");
        assertThat(reader.string()).isEqualTo("error");
        assertThat(reader.string()).isEqualTo("error");
        reader.mapHeader();
        assertThat(reader.string()).isEqualTo("error_type");
        return reader.string();
    }
}
