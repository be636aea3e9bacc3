package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
    private static final long MAX = 1 << 20;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rpc-generate",
                "rpc-generate-error",
                "rpc-kv-recovery-dump",
                "rpc-kv-recovery-events",
                "rpc-kv-recovery-toonew",
                "rpc-unknown-endpoint"
            })
    void aRequestSaysWhatTheRecordedOneSays(String name) throws Exception {
        ReceivedRequest recorded = ReceivedRequest.of(CapturedCall.load(name).request());
        JsonNode info = recorded.info();

        RequestFrame frame = new RequestFrame(
                recorded.path(),
                recorded.control().get("id").textValue(),
                info.get("address").textValue(),
                info.get("subject").textValue(),
                PayloadCodec.MSGPACK,
                Map.of());
        ReceivedRequest written = ReceivedRequest.of(frame.toBytes(recorded.payload(), MAX));

        assertThat(written.path()).isEqualTo(recorded.path());
        assertThat(written.headers()).isEqualTo(recorded.headers());
        assertThat(withoutInfo(written.control())).isEqualTo(withoutInfo(recorded.control()));
        assertThat(written.info()).isEqualTo(info);
        assertThat(written.payload()).isEqualTo(recorded.payload());
    }

    @Test
    void theWriterWritesARecoveryRequestAsItWasRecorded() throws IOException {
        byte[] recorded = ReceivedRequest.of(
                        CapturedCall.load("rpc-kv-recovery-toonew").request())
                .payload();
        byte[] written = new MsgpackWriter()
                .map(6)
                .string("worker_id")
                .unsigned(0x2ae91ce440180dc7L)
                .string("dp_rank")
                .unsigned(1)
                .string("start_event_id")
                .unsigned(200)
                .string("end_event_id")
                .nil()
                .string("supports_tree_dump_failed")
                .bool(true)
                .string("kind")
                .string("recovery")
                .toBytes();
        assertThat(written).isEqualTo(recorded);
    }

    @ParameterizedTest(name = "{0}: {1} items")
    @CsvSource({
        "rpc-generate, 4",
        "rpc-generate-error, 1",
        "rpc-kv-recovery-dump, 1",
        "rpc-kv-recovery-events, 1",
        "rpc-kv-recovery-toonew, 1"
    })
    void aRecordedAnswerIsReadToItsEnd(String name, int items) throws Exception {
        List<byte[]> answer = CapturedCall.load(name).answer();

        assertThat(ControlHeader.subject(part(answer.get(0)).header())).hasSize(36);
        assertThat(ControlHeader.isPrologue(part(answer.get(1)).header())).isTrue();
        assertThat(ControlHeader.error(part(answer.get(1)).header())).isNull();
        for (byte[] message : answer.subList(2, 2 + items)) {
            StreamItem item = StreamItem.read(part(message).body(), PayloadCodec.MSGPACK);
            assertThat(item.last()).isFalse();
            assertThat(item.data()).isNotNull();
            assertThat(new MsgpackReader(item.data()).mapHeader()).isPositive();
        }
        StreamItem last = StreamItem.read(part(answer.get(2 + items)).body(), PayloadCodec.MSGPACK);
        assertThat(last.last()).isTrue();
        assertThat(last.data()).isNull();
        assertThat(ControlHeader.isSentinel(part(answer.getLast()).header())).isTrue();
        assertThat(answer).hasSize(4 + items);
    }

    @Test
    void theItemIsTheValueOfDataByteForByte() throws Exception {
        byte[] message = CapturedCall.load("rpc-kv-recovery-toonew").answer().get(2);
        byte[] body = part(message).body();
        byte[] data = StreamItem.read(body, PayloadCodec.MSGPACK).data();

        int head = 1 + 5; // the map and the key
        int tail = 1 + 14 + 1; // the key complete_final and its value
        assertThat(data).isEqualTo(Arrays.copyOfRange(body, head, body.length - tail));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":[1,{\"b\":\"}\"}],\"c\":1.50e1}",
                "[1, 2 ,3]",
                "\"a \\\" \u00e9 text\"",
                "18446744073709551615",
                "-1.5",
                "true",
                "0",
                "\"\""
            })
    void aJsonItemStaysAsItWasWritten(String data) throws Exception {
        for (String body : List.of(
                "{\"data\":" + data + ",\"complete_final\":false}",
                "{\"complete_final\":false,\"x\":{\"data\":1}, \"data\" : " + data + " }")) {
            StreamItem item = StreamItem.read(utf8(body), PayloadCodec.JSON);
            assertThat(new String(item.data(), StandardCharsets.UTF_8)).isEqualTo(data);
            assertThat(item.last()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"data\":1",
                "{\"complete_final\":false}",
                "{\"complete_final\":1}",
                "{\"complete_final\":true} 1",
                "{\"data\":[1}"
            })
    void aJsonMessageThatIsNoItemIsRefused(String body) {
        assertThatThrownBy(() -> StreamItem.read(utf8(body), PayloadCodec.JSON))
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void everyCutOfAMsgpackMessageIsRefused() throws Exception {
        byte[] body = part(CapturedCall.load("rpc-kv-recovery-toonew").answer().get(2))
                .body();
        for (int length = 0; length < body.length; length++) {
            byte[] cut = Arrays.copyOf(body, length);
            assertThatThrownBy(() -> StreamItem.read(cut, PayloadCodec.MSGPACK))
                    .isInstanceOf(MalformedMessageException.class);
        }
        byte[] longer = Arrays.copyOf(body, body.length + 1);
        assertThatThrownBy(() -> StreamItem.read(longer, PayloadCodec.MSGPACK))
                .isInstanceOf(MalformedMessageException.class);
    }

    @ParameterizedTest(name = "header {0}, body {1}")
    @CsvSource({"131073, 0", "-1, 0", "0, 1048577", "1, 1048576", "0, -1", "-9223372036854775808, 5"})
    void aMessageAboveTheLimitIsRefusedBeforeItIsRead(long header, long body) {
        assertThatThrownBy(() -> TwoPart.checkLengths(header, body, MAX))
                .isInstanceOfSatisfying(
                        RequestPlaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 23, 28, 30})
    void aMessageThatIsNotAsLongAsItSaysIsMalformed(int bytes) {
        byte[] message =
                ByteBuffer.allocate(Math.max(24, bytes)).putLong(2).putLong(3).array();
        assertThatThrownBy(() -> TwoPart.whole(Unpooled.wrappedBuffer(message, 0, bytes)))
                .isInstanceOfSatisfying(
                        RequestPlaneException.class,
                        e -> assertThat(e.reason()).isIn(Reason.MALFORMED, Reason.TOO_LARGE));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:39015/f1b6/dynamo/backend/x, 127.0.0.1, 39015, f1b6/dynamo/backend/x",
        "tcp://10.0.0.5:1/7b/generate, 10.0.0.5, 1, 7b/generate",
        "tcp://[fe80::1]:65535/7b/a b, fe80::1, 65535, 7b/a b",
    })
    void aTransportIsAnAddressAndAPath(String transport, String host, int port, String path) throws Exception {
        assertThat(WorkerAddress.parse(transport))
                .isEqualTo(new WorkerAddress(new InetSocketAddress(InetAddress.ofLiteral(host), port), path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "127.0.0.1:1",
                "127.0.0.1:1/",
                "127.0.0.1:0/x",
                "127.0.0.1:65536/x",
                "localhost:1/x",
                "::1:80/x",
                "http://127.0.0.1:1/x",
                "127.0.0.1/x"
            })
    void anyOtherTransportIsRefused(String transport) {
        assertThatThrownBy(() -> WorkerAddress.parse(transport))
                .isInstanceOfSatisfying(
                        RequestPlaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.MALFORMED))
                .hasMessage("transport: " + transport + " (expected: [tcp://]<IP address>:<port>/<path>)");
    }

    @Test
    void aRequestAboveTheLimitsIsRefused() {
        RequestFrame frame = new RequestFrame("p", "id", "a:1", "s", PayloadCodec.JSON, Map.of());
        assertThatThrownBy(() -> frame.toBytes(new byte[1000], 1000))
                .isInstanceOfSatisfying(
                        RequestPlaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
        RequestFrame longPath = new RequestFrame("p".repeat(65_536), "id", "a:1", "s", PayloadCodec.JSON, Map.of());
        assertThatThrownBy(() -> longPath.toBytes(new byte[0], MAX)).isInstanceOf(RequestPlaneException.class);
    }

    private static TwoPart part(byte[] message) throws RequestPlaneException {
        return TwoPart.whole(Unpooled.wrappedBuffer(message));
    }

    private static JsonNode withoutInfo(JsonNode control) throws IOException {
        ObjectNode copy = control.deepCopy();
        ((ObjectNode) copy.get("connection_info")).remove("info");
        return new ObjectMapper().readTree(copy.toString());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
