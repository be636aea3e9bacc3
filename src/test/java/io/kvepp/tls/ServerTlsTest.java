package io.kvepp.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTlsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final Duration RELOAD = Duration.ofSeconds(1);
    private static final HealthCheckRequest ANYTHING = HealthCheckRequest.getDefaultInstance();

    @TempDir
    Path folder;

    private final HealthStatusManager health = new HealthStatusManager();
    private @Nullable Server server;
    private @Nullable ManagedChannel channel;

    @AfterEach
    void close() {
        if (channel != null) {
            channel.shutdownNow();
        }
        if (server != null) {
            server.shutdownNow();
        }
    }

    @Test
    void withoutFilesThereIsACertificateOfItsOwn() throws Exception {
        start(new TlsConfig(true, null, null, RELOAD));

        assertThat(check()).isEqualTo(ServingStatus.SERVING);
        X509Certificate certificate = presented();
        certificate.verify(certificate.getPublicKey());
        assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(certificate.getNotBefore()).isBefore(NOW);
        assertThat(certificate.getNotAfter()).isAfter(NOW.plus(Duration.ofDays(3000)));
        assertThat(certificate.getSubjectAlternativeNames())
                .anySatisfy(name -> assertThat(name.get(1)).isEqualTo("kv-epp"));
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    }

    @Test
    void everyCertificateOfItsOwnIsAnother() throws Exception {
        assertThat(SelfSigned.create("x", NOW).chain().getFirst().getSerialNumber())
                .isNotEqualTo(SelfSigned.create("x", NOW).chain().getFirst().getSerialNumber());
    }

    @Test
    void changedFilesHoldForNewConnectionsAndOpenStreamsGoOn() throws Exception {
        write(SelfSigned.create("first", NOW));
        ServerTls tls = start(new TlsConfig(true, folder, null, RELOAD));
        BlockingQueue<ServingStatus> watched = watch();
        assertThat(watched.poll(60, TimeUnit.SECONDS)).isEqualTo(ServingStatus.SERVING);

        write(SelfSigned.create("second", NOW));
        tls.reload();

        assertThat(presented().getSubjectX500Principal().getName()).contains("CN=second");
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
        assertThat(watched.poll(60, TimeUnit.SECONDS)).isEqualTo(ServingStatus.NOT_SERVING);
    }

    @Test
    void filesThatDoNotFitTogetherChangeNothing() throws Exception {
        write(SelfSigned.create("first", NOW));
        ServerTls tls = start(new TlsConfig(true, folder, null, RELOAD));
        Files.writeString(
                folder.resolve("tls.key"),
                pem("PRIVATE KEY", SelfSigned.create("second", NOW).key().getEncoded()));
        tls.reload();
        assertThat(presented().getSubjectX500Principal().getName()).contains("CN=first");

        Files.writeString(folder.resolve("tls.key"), "half");
        tls.reload();
        assertThat(presented().getSubjectX500Principal().getName()).contains("CN=first");
    }

    @Test
    void filesThatCannotBeUsedAtTheStartAreNamed() throws Exception {
        write(SelfSigned.create("first", NOW));
        TlsConfig config = new TlsConfig(true, folder, null, RELOAD);
        Files.writeString(folder.resolve("tls.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> new ServerTls(config, NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tls.key: unreadable (expected: a private key");

        Files.writeString(folder.resolve("tls.crt"), "nothing");
        Files.writeString(folder.resolve("tls.key"), "nothing");
        assertThatThrownBy(() -> new ServerTls(config, NOW)).hasMessageContaining("tls.key: none (expected: ");
        Files.delete(folder.resolve("tls.key"));
        assertThatThrownBy(() -> new ServerTls(config, NOW)).hasMessageContaining("tls.key");
    }

    @Test
    void keysAreReadInEveryFormThatCertificateManagersWrite() throws Exception {
        PrivateKey ec = SelfSigned.create("x", NOW).key();
        assertThat(read("PRIVATE KEY", ec.getEncoded())).isEqualTo(ec);
        assertThat(((ECPrivateKey) read("EC PRIVATE KEY", sec1((ECPrivateKey) ec))).getS())
                .isEqualTo(((ECPrivateKey) ec).getS());

        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair rsa = generator.generateKeyPair();
        byte[] pkcs8 = rsa.getPrivate().getEncoded();
        assertThat(read("PRIVATE KEY", pkcs8)).isEqualTo(rsa.getPrivate());
        // Two headers with their lengths, version and algorithm stand before the key of PKCS #1.
        assertThat(read("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length)))
                .isEqualTo(rsa.getPrivate());
    }

    @Test
    void clientsNeedACertificateIfTheirSignersAreNamed() throws Exception {
        Identity client = SelfSigned.create("client", NOW);
        Path signers = folder.resolve("clients.pem");
        Files.writeString(signers, pem("CERTIFICATE", client.chain().getFirst().getEncoded()));
        start(new TlsConfig(true, null, signers, RELOAD));

        assertThatThrownBy(this::check).isInstanceOf(StatusRuntimeException.class);
        requireNonNull(channel).shutdownNow();
        connect(client);
        assertThat(check()).isEqualTo(ServingStatus.SERVING);
        requireNonNull(channel).shutdownNow();
        connect(SelfSigned.create("stranger", NOW));
        assertThatThrownBy(this::check).isInstanceOf(StatusRuntimeException.class);
    }

    @Test
    void signersThatChangeHoldForNewConnectionsAndOpenStreamsGoOn() throws Exception {
        Identity before = SelfSigned.create("before", NOW);
        Identity after = SelfSigned.create("after", NOW);
        Path signers = folder.resolve("clients.pem");
        Files.writeString(signers, pem("CERTIFICATE", before.chain().getFirst().getEncoded()));
        ServerTls tls = start(new TlsConfig(true, null, signers, RELOAD));
        requireNonNull(channel).shutdownNow();
        connect(before);
        ManagedChannel old = requireNonNull(channel);
        BlockingQueue<ServingStatus> watched = watch();
        assertThat(watched.poll(60, TimeUnit.SECONDS)).isEqualTo(ServingStatus.SERVING);

        Files.writeString(signers, pem("CERTIFICATE", after.chain().getFirst().getEncoded()));
        tls.reload();

        connect(after);
        assertThat(check()).isEqualTo(ServingStatus.SERVING);
        requireNonNull(channel).shutdownNow();
        connect(before);
        assertThatThrownBy(this::check).isInstanceOf(StatusRuntimeException.class);
        health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
        assertThat(watched.poll(60, TimeUnit.SECONDS)).isEqualTo(ServingStatus.NOT_SERVING);
        old.shutdownNow();
    }

    private ServerTls start(TlsConfig config) throws IOException {
        ServerTls tls = new ServerTls(config, NOW);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sslContext(tls.context())
                .addService(health.getHealthService())
                .build()
                .start();
        connect(null);
        return tls;
    }

    private void connect(@Nullable Identity client) throws IOException {
        SslContextBuilder builder = SslContextBuilder.forClient().trustManager(new TrustingAll());
        if (client != null) {
            builder.keyManager(client.key(), client.chainArray());
        }
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port())
                .sslContext(GrpcSslContexts.configure(builder, SslProvider.JDK).build())
                .build();
    }

    private int port() {
        return requireNonNull(server).getPort();
    }

    private ServingStatus check() {
        return HealthGrpc.newBlockingStub(requireNonNull(channel))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .check(ANYTHING)
                .getStatus();
    }

    private BlockingQueue<ServingStatus> watch() {
        BlockingQueue<ServingStatus> seen = new LinkedBlockingQueue<>();
        HealthGrpc.newStub(requireNonNull(channel)).watch(ANYTHING, new StreamObserver<>() {
            @Override
            public void onNext(HealthCheckResponse response) {
                seen.add(response.getStatus());
            }

            @Override
            public void onError(Throwable problem) {}

            @Override
            public void onCompleted() {}
        });
        return seen;
    }

    /// What a new connection is shown.
    private X509Certificate presented() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustingAll()}, null);
        try (Socket socket = context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port())) {
            Certificate[] chain = ((SSLSocket) socket).getSession().getPeerCertificates();
            return (X509Certificate) chain[0];
        }
    }

    private void write(Identity identity) throws Exception {
        Files.writeString(
                folder.resolve("tls.crt"),
                pem("CERTIFICATE", identity.chain().getFirst().getEncoded()));
        Files.writeString(
                folder.resolve("tls.key"), pem("PRIVATE KEY", identity.key().getEncoded()));
    }

    private PrivateKey read(String label, byte[] content) throws IOException {
        Path file = folder.resolve("key.pem");
        Files.writeString(file, "Some text\n" + pem(label, content));
        return PemFiles.key(file);
    }

    private static byte[] sec1(ECPrivateKey key) {
        byte[] number = new byte[32];
        byte[] value = key.getS().toByteArray();
        int length = Math.min(value.length, number.length);
        System.arraycopy(value, value.length - length, number, number.length - length, length);
        return Der.sequence(
                Der.integer(BigInteger.ONE), Der.octets(number), Der.tagged(0xa0, Der.oid("1.2.840.10045.3.1.7")));
    }

    private static String pem(String label, byte[] content) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
    }

    private static final class TrustingAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
