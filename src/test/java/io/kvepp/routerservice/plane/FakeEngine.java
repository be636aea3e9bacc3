package io.kvepp.routerservice.plane;

import com.google.common.net.HostAndPort;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.requestplane.TcpRequestPlaneServer;
import io.kvepp.requestplane.TcpRequestServerConfig;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.Bootstrap;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.RoutingProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// A worker whose every request is served by the same script.
final class FakeEngine implements AutoCloseable {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String PATH = "1/dynamo/backend/generate";

    final long id;
    final BlockingQueue<Fields> received = new LinkedBlockingQueue<>();
    private final EppMetrics metrics = new EppMetrics();
    private final TcpRequestPlaneServer server = new TcpRequestPlaneServer(
            new TcpRequestServerConfig(
                    InetAddress.getLoopbackAddress(),
                    0,
                    100,
                    100,
                    100,
                    1 << 20,
                    1 << 24,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    TcpRequestPlaneConfig.Tls.NONE),
            metrics,
            System::nanoTime);

    /// What the worker does with a request.
    interface Script {
        void serve(Fields request, EndpointAnswer answer)
                throws EndpointException, IOException, InterruptedException, MalformedMessageException;
    }

    FakeEngine(long id, Script script) throws IOException {
        this.id = id;
        server.serve(PATH, "engine", "generate", (request, answer) -> {
            try {
                Fields fields = Fields.read(request.payload());
                received.add(fields);
                script.serve(fields, answer);
            } catch (MalformedMessageException e) {
                throw new AssertionError(e);
            }
        });
        server.start();
    }

    /// Generates tokens 1, 2 and so on, as many as are asked for.
    static void generate(Fields request, EndpointAnswer answer) throws IOException, MalformedMessageException {
        Fields stop = request.map("stop_conditions");
        Long max = stop == null ? null : stop.whole("max_tokens");
        for (int i = 1; max != null && i <= max; i++) {
            answer.send(token(i, i == max));
        }
    }

    /// Says where the KV cache is.
    static void prefill(Fields request, EndpointAnswer answer) throws IOException {
        answer.send(new MsgpackWriter()
                .map(3)
                .string("token_ids")
                .array(1)
                .unsigned(9)
                .string("finish_reason")
                .string("length")
                .string("disaggregated_params")
                .map(1)
                .string("where")
                .string("here")
                .toBytes());
    }

    static byte[] token(int id, boolean last) {
        MsgpackWriter writer = new MsgpackWriter()
                .map(2)
                .string("token_ids")
                .array(1)
                .unsigned(id)
                .string("finish_reason");
        return (last ? writer.string("length") : writer.nil()).toBytes();
    }

    static EndpointException death() {
        return new EndpointException(EndpointException.ErrorType.DISCONNECTED, "the engine is gone");
    }

    Worker worker(ModelCards card, String component) {
        return worker(card, component, null);
    }

    Worker worker(ModelCards card, String component, @Nullable Bootstrap bootstrap) {
        ModelCard plain = card.card();
        RoutingProfile routing = plain.routing();
        ModelCard full = new ModelCard(
                plain.name(),
                plain.aliases(),
                plain.loraName(),
                plain.role(),
                plain.cache(),
                plain.limits(),
                plain.ranks(),
                plain.prompt(),
                new RoutingProfile(routing.routerMode(), routing.taints(), routing.kvTransfer(), bootstrap),
                plain.files());
        try {
            return new Worker(
                    id,
                    new EndpointId("dynamo", component, "generate"),
                    List.of(full),
                    null,
                    new RequestAddress(server.address() + "/" + PATH, RecoveryTarget.Codec.MSGPACK));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// It refuses connections from now on.
    /// Ends once nobody can connect any more: a closed listener lives until the thread that accepts
    /// has seen it.
    void stop() throws IOException {
        HostAndPort address = HostAndPort.fromString(server.address());
        server.close();
        Await.until(address + " refuses", () -> {
            try (var _ = new Socket(address.getHost(), address.getPort())) {
                return false;
            } catch (IOException e) {
                return true;
            }
        });
    }

    @Override
    public void close() {
        server.close();
        metrics.close();
    }
}
