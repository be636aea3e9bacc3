package io.kvepp.requestplane;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/// A server under test and a client that calls it.
@Timeout(30)
abstract class ServerFixture {
    static final Duration LONG = Duration.ofSeconds(20);
    static final Duration SHORT = Duration.ofMillis(300);
    static final String PATH = "7b/ns/router/echo";

    EppMetrics metrics = new EppMetrics();
    final AtomicInteger nextId = new AtomicInteger();
    TcpRequestPlaneServer server;
    TcpRequestPlaneClient client;

    @BeforeEach
    void start() throws IOException {
        server = server(config(1_000, 100, LONG));
        client = new TcpRequestPlaneClient(
                TcpRequestPlaneFixture.config(LONG, LONG),
                () -> UUID.randomUUID().toString(),
                System::nanoTime);
        client.start();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        metrics.close();
    }

    /// Another server instead of the one the test began with.
    void restart(TcpRequestServerConfig config) throws IOException {
        server.close();
        metrics.close();
        metrics = new EppMetrics();
        server = server(config);
    }

    private TcpRequestPlaneServer server(TcpRequestServerConfig config) throws IOException {
        TcpRequestPlaneServer started = new TcpRequestPlaneServer(config, metrics, System::nanoTime);
        started.start();
        return started;
    }

    static TcpRequestServerConfig config(int connectionsMax, int requestsMax, Duration patience) {
        return new TcpRequestServerConfig(
                InetAddress.getLoopbackAddress(),
                0,
                connectionsMax,
                requestsMax,
                requestsMax,
                1 << 20,
                2 << 20,
                patience,
                patience,
                patience,
                LONG,
                TcpRequestPlaneConfig.Tls.NONE);
    }

    void serve(EndpointHandler handler) {
        server.serve(PATH, "router", "echo", handler);
    }

    RequestTarget target(PayloadCodec codec) throws IOException {
        return new RequestTarget(server.address() + "/" + PATH, codec);
    }

    OutgoingRequest request(byte[] payload) {
        return new OutgoingRequest("request-" + nextId.incrementAndGet(), payload, Map.of("who", "me"), LONG);
    }

    ItemStream open(byte[] payload) throws IOException, RequestPlaneException {
        return client.open(target(PayloadCodec.MSGPACK), request(payload));
    }

    Socket connect() throws IOException {
        String[] address = server.address().split(":", 2);
        return new Socket(address[0], Integer.parseInt(address[1]));
    }

    /// The next acknowledgement; `eof` when the server has closed.
    static String ack(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] length = in.readNBytes(4);
        if (length.length < 4) {
            return "eof";
        }
        int bytes = (length[0] & 0xff) << 24 | (length[1] & 0xff) << 16 | (length[2] & 0xff) << 8 | length[3] & 0xff;
        return new String(in.readNBytes(bytes), StandardCharsets.UTF_8);
    }

    void awaitCounted(String meter, String tags) {
        Await.until(meter + tags, () -> counted(meter, tags) > 0);
    }

    double counted(String meter, String tags) {
        String start = meter + tags + " ";
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
                .findFirst()
                .orElse(0);
    }

    void awaitOutcome(String outcome) {
        awaitCounted(
                "kv_epp_endpoint_requests_total", "{endpoint=\"echo\",outcome=\"" + outcome + "\",service=\"router\"}");
    }

    void awaitConnectionEnd(String reason) {
        awaitCounted("kv_epp_serve_connections_ended_total", "{reason=\"" + reason + "\"}");
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
