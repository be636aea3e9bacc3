package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.process.Ports;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class TcpRequestPlaneClientTest extends TcpRequestPlaneFixture {
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
    @ValueSource(
            strings = {
                "rpc-generate",
                "rpc-generate-error",
                "rpc-kv-recovery-dump",
                "rpc-kv-recovery-events",
                "rpc-kv-recovery-toonew"
            })
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
    void aRecordedRefusalIsOne() throws Exception {
        CapturedCall recorded = CapturedCall.load("rpc-unknown-endpoint");
        FakeWorker worker = worker(request -> request.send(recorded.ack()));
        assertFails(call(worker), Reason.REJECTED, "worker: Server unavailable: unknown endpoint ");
        assertAllClosed(worker);
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
    void anErrorInThePrologueIsAFailure() throws Exception {
        FakeWorker worker = worker(request -> {
            request.acknowledge("");
            FakeWorker.Home home = request.callHome(request.received.subject());
            home.header("{\"error\":\"no such\\nthing\"}");
            home.awaitEnd();
        });
        assertFails(call(worker), Reason.FAILED, "worker: no such thing");
        assertAllClosed(worker);
    }

    @Test
    void aWorkerThatIsNotThereIsNoConnection() throws Exception {
        RequestTarget target = new RequestTarget("127.0.0.1:" + Ports.free() + "/p", PayloadCodec.MSGPACK);
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
}
