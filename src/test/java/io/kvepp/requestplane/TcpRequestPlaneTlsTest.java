package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.kvepp.config.ConfigurationException;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestPlaneException.Reason;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneConfig.Tls;
import io.kvepp.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Requests go one way and answers another; both ways are private, or neither.
@Timeout(30)
class TcpRequestPlaneTlsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);
    /// Long enough for a busy machine's first handshake.
    private static final Duration HANDSHAKE = Duration.ofSeconds(2);

    private static final String PATH = "7b/ns/router/echo";
    private static final String CA = TlsFiles.path("ca.pem");
    private static final String CERTIFICATE = TlsFiles.path("server.pem");
    private static final String KEY = TlsFiles.path("server.key");
    private static final String CLIENT = TlsFiles.path("client.pem");
    private static final String CLIENT_KEY = TlsFiles.path("client.key");
    private static final byte[] PAYLOAD = {(byte) 0x93, 1, 2, 3};

    /// Shows a certificate to everybody, and asks everybody for one.
    private static final Tls MUTUAL =
            new Tls(CERTIFICATE, KEY, CA, CA, false, null, CLIENT, CLIENT_KEY, Duration.ofSeconds(3));

    private static final Tls SERVER_ALONE = new Tls(CERTIFICATE, KEY, null, CA, false, null, null, null, HANDSHAKE);

    private final EppMetrics metrics = new EppMetrics();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        metrics.close();
    }

    @Test
    void bothSidesShowTheirCertificatesAndUnderstandEachOther() throws Exception {
        assertThat(echoed(client(MUTUAL), server(MUTUAL))).isEqualTo(PAYLOAD);
    }

    @Test
    void onlyWhoIsConnectedToNeedsACertificateUnlessMoreIsAsked() throws Exception {
        assertThat(echoed(client(SERVER_ALONE), server(SERVER_ALONE))).isEqualTo(PAYLOAD);
    }

    @Test
    void longAnswersComeWhole() throws Exception {
        byte[] item = new MsgpackWriter().binary(new byte[700_000]).toBytes();
        TcpRequestPlaneServer server = server(MUTUAL, (_, answer) -> {
            for (int i = 0; i < 5; i++) {
                answer.sendItem(item);
            }
        });
        try (ItemStream items = client(MUTUAL).open(target(server), request())) {
            for (int i = 0; i < 5; i++) {
                assertThat(items.next()).hasSize(item.length);
            }
            assertThat(items.next()).isNull();
        }
    }

    @Test
    void aWorkerThatNobodyVouchesForIsNotCalled() throws Exception {
        Tls distrustful = new Tls(CERTIFICATE, KEY, null, CLIENT, false, null, null, null, SHORT);
        assertFails(client(distrustful), server(SERVER_ALONE), Reason.CONNECT);
    }

    @Test
    void aWorkerOfAnotherNameIsNotCalledUnlessItMayBeAnybody() throws Exception {
        TcpRequestPlaneServer server = server(SERVER_ALONE);
        assertFails(
                client(new Tls(CERTIFICATE, KEY, null, CA, false, "elsewhere", null, null, HANDSHAKE)),
                server,
                Reason.CONNECT);
        assertThat(echoed(
                        client(new Tls(CERTIFICATE, KEY, null, CA, false, "localhost", null, null, HANDSHAKE)), server))
                .isEqualTo(PAYLOAD);
        assertThat(echoed(
                        client(new Tls(CERTIFICATE, KEY, null, null, true, "elsewhere", null, null, HANDSHAKE)),
                        server))
                .isEqualTo(PAYLOAD);
    }

    @Test
    void aCallerWithoutTheCertificateThatIsAskedForIsNotServed() throws Exception {
        assertFails(client(SERVER_ALONE), server(MUTUAL), Reason.CONNECT, Reason.DISCONNECTED);
    }

    @Test
    void aCallerInTheClearIsNotServed() throws Exception {
        assertFails(client(Tls.NONE), server(SERVER_ALONE), Reason.DISCONNECTED, Reason.TOO_LARGE);
    }

    @Test
    void aWorkerInTheClearIsNotCalled() throws Exception {
        assertFails(client(SERVER_ALONE), server(Tls.NONE), Reason.CONNECT);
    }

    @Test
    void whoDoesNotBeginTlsIsNotWaitedFor() throws Exception {
        String[] address = server(SERVER_ALONE).address().split(":", 2);
        try (Socket silent = new Socket(address[0], Integer.parseInt(address[1]))) {
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aCallerThatDoesNotReadIsCutOff() throws Exception {
        byte[] item = new MsgpackWriter().binary(new byte[1 << 20]).toBytes();
        CountDownLatch cut = new CountDownLatch(1);
        TcpRequestPlaneServer server = server(MUTUAL, (_, answer) -> {
            try {
                for (int i = 0; i < 1_000; i++) {
                    answer.sendItem(item);
                }
            } finally {
                cut.countDown();
            }
        });
        try (ItemStream items = client(MUTUAL).open(target(server), request())) {
            assertThat(items.next()).isNotNull();
            cut.await();
        }
    }

    @Test
    void aFileThatCannotBeReadEndsTheStart() {
        Tls broken = new Tls("/no/such.pem", KEY, null, null, false, null, null, null, SHORT);
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> server(broken))
                .withMessageContaining("/no/such.pem");
    }

    private static byte[] echoed(TcpRequestPlaneClient client, TcpRequestPlaneServer server) throws Exception {
        try (ItemStream items = client.open(target(server), request())) {
            byte[] item = items.next();
            assertThat(items.next()).isNull();
            return item;
        }
    }

    private static void assertFails(TcpRequestPlaneClient client, TcpRequestPlaneServer server, Reason... reasons)
            throws IOException {
        RequestTarget target = target(server);
        assertThatExceptionOfType(RequestPlaneException.class)
                .isThrownBy(() -> client.open(target, request()).close())
                .satisfies(e -> assertThat(e.reason()).isIn((Object[]) reasons));
    }

    private static RequestTarget target(TcpRequestPlaneServer server) throws IOException {
        return new RequestTarget(server.address() + "/" + PATH, PayloadCodec.MSGPACK);
    }

    private static OutgoingRequest request() {
        return new OutgoingRequest(UUID.randomUUID().toString(), PAYLOAD, Map.of(), Duration.ofSeconds(5));
    }

    private TcpRequestPlaneServer server(Tls tls) throws IOException {
        return server(tls, (request, answer) -> answer.sendItem(request.payload()));
    }

    private TcpRequestPlaneServer server(Tls tls, TcpRequestPlaneServer.EndpointHandler handler) throws IOException {
        TcpRequestServerConfig config = new TcpRequestServerConfig(
                InetAddress.getLoopbackAddress(), 0, 10, 10, 10, 1 << 20, 2 << 20, LONG, LONG, SHORT, LONG, tls);
        TcpRequestPlaneServer server = new TcpRequestPlaneServer(config, metrics, System::nanoTime);
        opened.push(server);
        server.start();
        server.serve(PATH, "router", "echo", handler);
        return server;
    }

    private TcpRequestPlaneClient client(Tls tls) throws IOException {
        TcpRequestPlaneConfig config = new TcpRequestPlaneConfig(
                InetAddress.getLoopbackAddress(), 0, 2 << 20, 4 << 20, 4, 4, 2, LONG, LONG, LONG, LONG, tls);
        TcpRequestPlaneClient client =
                new TcpRequestPlaneClient(config, () -> UUID.randomUUID().toString(), System::nanoTime);
        opened.push(client);
        client.start();
        return client;
    }
}
