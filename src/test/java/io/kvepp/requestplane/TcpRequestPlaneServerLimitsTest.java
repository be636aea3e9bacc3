package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What callers may not do, and what they are told.
class TcpRequestPlaneServerLimitsTest extends ServerFixture {
    private static final String HEADERS = "{}";

    static Stream<Arguments> malformedFrames() {
        byte[] noControl = new TwoPart(utf8("no json"), new byte[0]).toBytes();
        byte[] noAddress = new TwoPart(control("{}"), new byte[0]).toBytes();
        byte[] nameForAddress = new TwoPart(
                        control("{\"address\":\"host:1\",\"subject\":\"s\",\"stream_type\":\"response\"}"), new byte[0])
                .toBytes();
        byte[] wrongCodec = new TwoPart(
                        utf8("{\"id\":\"a\",\"payload_codec\":\"xml\",\"connection_info\":{\"info\":"
                                + "\"{\\\"address\\\":\\\"1.1.1.1:1\\\",\\\"subject\\\":\\\"s\\\","
                                + "\\\"stream_type\\\":\\\"response\\\"}\"}}"),
                        new byte[0])
                .toBytes();
        byte[] lyingLengths =
                ByteBuffer.allocate(24).putLong(1_000).putLong(5).putLong(0).array();
        return Stream.of(
                Arguments.of("no JSON", noControl, "control message (expected: JSON)"),
                Arguments.of("no address", noAddress, "stream_type (expected: a text)"),
                Arguments.of("a name", nameForAddress, "address (expected: <IP address>:<port>)"),
                Arguments.of("a codec", wrongCodec, "payload_codec (expected: json or msgpack)"),
                Arguments.of("lengths", lyingLengths, "message header: 1000 bytes (expected: at most 24)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformedFrames")
    void aMalformedRequestIsRefusedAndTheConnectionGoesOn(String name, byte[] message, String told) throws Exception {
        serve((_, answer) -> answer.send(new byte[] {1}));
        try (Socket socket = connect()) {
            for (int i = 0; i < 2; i++) {
                socket.getOutputStream().write(frame(PATH, message));
                assertThat(ack(socket)).isEqualTo("Server unavailable: malformed request: " + told);
            }
        }
        awaitOutcome("malformed");
    }

    @Test
    void anOversizedMessageEndsTheConnectionWithItsReason() throws Exception {
        serve((_, answer) -> answer.send(new byte[] {1}));
        try (Socket socket = connect()) {
            ByteBuffer head = ByteBuffer.allocate(2 + PATH.length() + 2 + 4);
            head.putShort((short) PATH.length())
                    .put(utf8(PATH))
                    .putShort((short) 0)
                    .putInt(2 << 20);
            socket.getOutputStream().write(head.array());
            assertThat(ack(socket))
                    .isEqualTo("Server unavailable: malformed request: message: 2097152 bytes"
                            + " (expected: at most 1048576)");
            assertThat(ack(socket)).isEqualTo("eof");
        }
        awaitConnectionEnd("too_large");
    }

    @Test
    void aMessageTooShortForItsLengthsEndsTheConnectionWithItsReason() throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(frame(PATH, new byte[23]));
            assertThat(ack(socket))
                    .isEqualTo("Server unavailable: malformed request: message: 23 bytes (expected: at least 24)");
            assertThat(ack(socket)).isEqualTo("eof");
        }
        awaitConnectionEnd("malformed");
    }

    @Test
    void aRequestWhoseCallerLeavesBeforeItsEndGivesItsPlaceBack() throws Exception {
        restart(config(10, 1, LONG));
        serve((_, answer) -> answer.send(new byte[] {1}));
        byte[] whole = frame(PATH, new byte[100]);
        try (Socket socket = connect()) {
            socket.getOutputStream().write(whole, 0, whole.length - 1);
            Await.until("the request counted", () -> counted("kv_epp_serve_requests", "") == 1);
        }
        awaitOutcome("incomplete");
        try (ItemStream stream = open(new byte[] {1})) {
            assertThat(stream.next()).isNotNull();
        }
    }

    @Test
    void aCallerThatNeverReadsItsAcknowledgementsIsCutOff() throws Exception {
        restart(config(10, 10, SHORT));
        serve((_, answer) -> answer.send(new byte[] {1}));
        byte[] refused = frame("x".repeat(200), new byte[24]);
        byte[] many = new byte[refused.length * 1_000];
        for (int i = 0; i < many.length; i += refused.length) {
            System.arraycopy(refused, 0, many, i, refused.length);
        }
        try (Socket socket = connect()) {
            Thread writer = Thread.startVirtualThread(() -> writeUntilCutOff(socket, many));
            awaitConnectionEnd("write_timeout");
            writer.join();
            try (ItemStream stream = open(new byte[] {1})) {
                assertThat(stream.next()).isNotNull();
            }
        }
    }

    private static void writeUntilCutOff(Socket socket, byte[] bytes) {
        try {
            while (true) {
                socket.getOutputStream().write(bytes);
            }
        } catch (IOException _) {
            // The server has closed.
        }
    }

    @Test
    void aRequestThatDoesNotEndInTimeEndsItsConnectionWithItsReason() throws Exception {
        restart(config(10, 10, SHORT));
        serve((_, answer) -> answer.send(new byte[] {1}));
        try (Socket socket = connect()) {
            socket.getOutputStream().write(new byte[] {0});
            assertThat(ack(socket)).startsWith("Server unavailable: request: not complete (expected: within PT0.3S)");
            assertThat(ack(socket)).isEqualTo("eof");
        }
        awaitConnectionEnd("frame_timeout");
    }

    @Test
    void anIdleConnectionIsClosed() throws Exception {
        restart(config(10, 10, SHORT));
        try (Socket socket = connect()) {
            assertThat(ack(socket)).isEqualTo("eof");
        }
        awaitConnectionEnd("idle");
    }

    @Test
    void anIdleConnectionWhoseRequestIsUnderWayStays() throws Exception {
        restart(config(10, 10, SHORT));
        CountDownLatch end = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            end.await();
        });
        try (ServerSocket home = new ServerSocket(0);
                Socket socket = connect();
                Socket other = connect()) {
            socket.getOutputStream().write(request("a", home));
            assertThat(ack(socket)).isEmpty();
            // The other one was idle for longer than the limit when it was closed.
            assertThat(ack(other)).isEqualTo("eof");
            socket.getOutputStream().write(frame("7b/x", new byte[24]));
            assertThat(ack(socket)).isEqualTo("Server unavailable: unknown endpoint 7b/x");
            end.countDown();
        }
    }

    @Test
    void aCallerThatNeverReadsIsCutOffAndOthersAreServed() throws Exception {
        restart(config(10, 10, SHORT));
        serve((request, answer) -> {
            if (!request.id().equals("slow")) {
                answer.send(new byte[] {1});
                return;
            }
            while (true) {
                answer.send(new byte[100_000]);
            }
        });
        try (ServerSocket home = new ServerSocket(0);
                Socket socket = connect()) {
            socket.getOutputStream().write(request("slow", home));
            assertThat(ack(socket)).isEmpty();
            try (Socket unread = home.accept()) {
                try (ItemStream stream = open(new byte[] {1})) {
                    assertThat(stream.next()).isNotNull();
                }
                awaitOutcome("caller_stalled");
                assertThat(unread.isClosed()).isFalse();
            }
        }
    }

    @Test
    void anIdThatIsUnderWayIsRefusedAndMayBeUsedAfterwards() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            end.await();
        });
        try (ServerSocket home = new ServerSocket(0);
                Socket socket = connect()) {
            socket.getOutputStream().write(request("a", home));
            assertThat(ack(socket)).isEmpty();
            socket.getOutputStream().write(request("a", home));
            assertThat(ack(socket)).isEqualTo("Server unavailable: id: a (expected: not under way)");
            end.countDown();
            Await.until("the end of the first", () -> isTaken(socket, home));
        }
        awaitOutcome("duplicate");
    }

    @Test
    void moreRequestsThanAllowedAreRefusedAsOverload() throws Exception {
        restart(config(10, 2, LONG));
        CountDownLatch end = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            end.await();
        });
        try (ServerSocket home = new ServerSocket(0);
                Socket first = connect();
                Socket second = connect()) {
            first.getOutputStream().write(request("a", home));
            first.getOutputStream().write(request("b", home));
            assertThat(ack(first)).isEmpty();
            assertThat(ack(first)).isEmpty();
            first.getOutputStream().write(request("c", home));
            assertThat(ack(first)).isEqualTo("Server overloaded: too many requests of one connection");
            second.getOutputStream().write(request("d", home));
            assertThat(ack(second)).isEqualTo("Server overloaded: too many requests");
            end.countDown();
            Await.until("a place", () -> isTaken(second, home));
        }
        awaitOutcome("overloaded");
    }

    @Test
    void moreBytesOfRequestsThanAllowedAreRefusedAsOverload() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        serve((_, answer) -> {
            answer.open();
            end.await();
        });
        try (ServerSocket home = new ServerSocket(0);
                Socket socket = connect()) {
            for (int i = 0; i < 2; i++) {
                socket.getOutputStream().write(request("big" + i, home, 900_000));
                assertThat(ack(socket)).isEmpty();
            }
            socket.getOutputStream().write(request("big2", home, 900_000));
            assertThat(ack(socket)).isEqualTo("Server overloaded: too many bytes of requests");
            end.countDown();
        }
    }

    @Test
    void tenThousandIdleConnectionsAreHeldAndOneTooManyIsToldWhyNot() throws Exception {
        int many = 10_001;
        restart(config(many, 10, LONG));
        serve((_, answer) -> answer.send(new byte[] {1}));
        try (IdleCallers _ = IdleCallers.open(server.address(), many - 1)) {
            try (ItemStream stream = open(new byte[] {1})) {
                assertThat(stream.next()).isNotNull();
            }
            Await.until("all connections counted", () -> counted("kv_epp_serve_connections", "") == many);
            try (Socket socket = connect()) {
                assertThat(ack(socket))
                        .isEqualTo("Server overloaded: serve-connections-max: 10001 connections (expected: fewer)");
                assertThat(ack(socket)).isEqualTo("eof");
            }
            awaitConnectionEnd("too_many");
        }
        Await.until("no connection", () -> counted("kv_epp_serve_connections", "") <= 1);
    }

    private boolean isTaken(Socket socket, ServerSocket home) {
        try {
            socket.getOutputStream().write(request("a", home));
            return ack(socket).isEmpty();
        } catch (IOException | RequestPlaneException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] request(String id, ServerSocket home) throws RequestPlaneException {
        return request(id, home, 1);
    }

    private static byte[] request(String id, ServerSocket home, int payloadBytes) throws RequestPlaneException {
        String address = "127.0.0.1:" + home.getLocalPort();
        return new RequestFrame(PATH, id, address, "s-" + id, PayloadCodec.MSGPACK, Map.of())
                .toBytes(new byte[payloadBytes], 1 << 20);
    }

    private static byte[] control(String info) {
        return utf8("{\"id\":\"a\",\"connection_info\":{\"info\":\"" + info.replace("\"", "\\\"") + "\"}}");
    }

    private static byte[] frame(String path, byte[] message) {
        return ByteBuffer.allocate(2 + path.length() + 2 + HEADERS.length() + 4 + message.length)
                .putShort((short) path.length())
                .put(utf8(path))
                .putShort((short) HEADERS.length())
                .put(utf8(HEADERS))
                .putInt(message.length)
                .put(message)
                .array();
    }
}
