package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Requests that a carrier brings to a worker, which answers over TCP.
class SubjectCallTest extends TcpRequestPlaneFixture {
    private static final RequestTarget TARGET =
            new RequestTarget("nats:dynamo_backend.generate-7b", PayloadCodec.MSGPACK);

    private final List<ReceivedRequest> received = new CopyOnWriteArrayList<>();
    private TcpRequestPlaneClient carried;

    @AfterEach
    void closeCarried() {
        carried.close();
    }

    @Test
    void theMessageGoesToTheSubjectAndTheAnswerComesHome() throws Exception {
        FakeWorker worker = worker(request -> {
            received.add(request.received);
            FakeWorker.Home home = request.answer();
            home.item(5);
            home.complete();
        });
        carried = start(through(worker), LONG);

        assertThat(carried.call(TARGET, PAYLOAD, LONG).get()).containsExactly(new byte[] {5});
        assertThat(received.getFirst().path()).isEqualTo("dynamo_backend.generate-7b");
        assertThat(received.getFirst().payload()).isEqualTo(PAYLOAD);
        assertThat(received.getFirst().control().path("payload_codec").asText()).isEqualTo("msgpack");
    }

    @Test
    void aWorkerThatRefusesIsHeard() throws Exception {
        FakeWorker worker = worker(request -> request.acknowledge("Server overloaded: 3"));
        carried = start(through(worker), LONG);

        assertFails(carried.call(TARGET, PAYLOAD, LONG), Reason.REJECTED, "Server overloaded: 3");
    }

    @Test
    void aSubjectWithoutAWorkerOrAServerIsNoConnection() throws Exception {
        carried =
                start((subject, _, _) -> CompletableFuture.failedFuture(new IOException("nobody at " + subject)), LONG);

        assertFails(carried.call(TARGET, PAYLOAD, LONG), Reason.CONNECT, "nobody at dynamo_backend.generate-7b");
        assertFails(client.call(TARGET, PAYLOAD, LONG), Reason.CONNECT, "a worker that is called over TCP");
    }

    @Test
    void anAcknowledgementThatNeverComesIsATimeout() throws Exception {
        CompletableFuture<byte[]> cancelled = new CompletableFuture<>();
        cancelled.cancel(false);
        carried = start((_, _, _) -> cancelled, LONG);
        assertFails(carried.call(TARGET, PAYLOAD, LONG), Reason.TIMEOUT, "acknowledgement: none");

        carried.close();
        carried = start((_, _, _) -> new CompletableFuture<>(), LONG);
        assertFails(carried.call(TARGET, PAYLOAD, SHORT), Reason.TIMEOUT, "");
    }

    @Test
    void aWorkerThatNeverCallsHomeIsATimeout() throws Exception {
        FakeWorker worker = worker(request -> request.acknowledge(""));
        carried = start(through(worker), SHORT);

        assertFails(carried.call(TARGET, PAYLOAD, LONG), Reason.TIMEOUT, "call home");
    }

    private static TcpRequestPlaneClient start(TcpRequestPlaneClient.Carrier carrier, Duration callHome)
            throws IOException {
        TcpRequestPlaneClient started = new TcpRequestPlaneClient(
                config(LONG, callHome), TcpRequestPlaneFixture::id, System::nanoTime, carrier);
        started.start();
        return started;
    }

    /// Brings messages to a worker as if its server of subjects were between.
    private static TcpRequestPlaneClient.Carrier through(FakeWorker worker) {
        URI address = URI.create("tcp://" + worker.transport());
        return (subject, message, _) -> {
            try (Socket socket = new Socket(address.getHost(), address.getPort())) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                byte[] path = subject.getBytes(StandardCharsets.UTF_8);
                out.writeShort(path.length);
                out.write(path);
                out.writeShort(2);
                out.writeBytes("{}");
                out.writeInt(message.length);
                out.write(message);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                return CompletableFuture.completedFuture(in.readNBytes(in.readInt()));
            } catch (IOException e) {
                return CompletableFuture.failedFuture(e);
            }
        };
    }
}
