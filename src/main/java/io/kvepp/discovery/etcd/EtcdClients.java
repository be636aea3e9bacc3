package io.kvepp.discovery.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.grpc.netty.GrpcSslContexts;
import io.kvepp.config.ConfigurationException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Opens connections to etcd.
///
/// Nothing is sent before the first question, so a server that is away is no error here.
final class EtcdClients {
    /// Servers refuse clients that ask more often than every 5 seconds.
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private static final int ANSWER_BYTES_MAX = 64 << 20;

    private EtcdClients() {}

    /// A client; whoever asks for it closes it.
    ///
    /// @throws ConfigurationException when a certificate or key cannot be read
    static Client open(EtcdConfig config) {
        ClientBuilder builder = Client.builder()
                .endpoints(config.endpoints())
                .connectTimeout(config.timeout())
                .retryMaxDuration(config.timeout())
                .keepaliveTime(KEEP_ALIVE)
                .keepaliveTimeout(config.timeout())
                .maxInboundMessageSize(ANSWER_BYTES_MAX)
                // A server that is away is an answer: whoever asks decides how long to wait.
                .waitForReady(false);
        @Nullable String username = config.username();
        @Nullable String password = config.password();
        if (username != null && password != null) {
            builder.user(bytes(username)).password(bytes(password));
        }
        if (config.tls()) {
            builder.sslContext(sslContext(config));
        }
        return builder.build();
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static SslContext sslContext(EtcdConfig config) {
        SslContextBuilder builder = GrpcSslContexts.forClient();
        @Nullable Path ca = config.ca();
        if (ca != null) {
            trust(builder, ca);
        }
        @Nullable Path cert = config.clientCert();
        @Nullable Path key = config.clientKey();
        if (cert != null && key != null) {
            identify(builder, cert.toFile(), key.toFile());
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw ConfigurationException.of(
                    "etcd-ca", String.valueOf(ca), "usable with its certificates: " + e.getMessage());
        }
    }

    private static void trust(SslContextBuilder builder, Path ca) {
        try {
            builder.trustManager(ca.toFile());
        } catch (IllegalArgumentException e) {
            throw ConfigurationException.of("etcd-ca", ca.toString(), "a PEM file of certificates");
        }
    }

    private static void identify(SslContextBuilder builder, File cert, File key) {
        try {
            builder.keyManager(cert, key);
        } catch (IllegalArgumentException e) {
            throw ConfigurationException.of(
                    "etcd-client-cert", cert.toString(), "a PEM file whose private key is in etcd-client-key");
        }
    }
}
