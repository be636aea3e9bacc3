package io.kvepp.tls;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The TLS side of a gRPC server. Files that change are read again for new connections; open ones go
/// on.
///
/// Thread-safe; [#reload] is called by one thread.
public final class ServerTls {
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);
    private static final String CERTIFICATE_FILE = "tls.crt";
    private static final String KEY_FILE = "tls.key";
    private static final String DNS_NAME = "kv-epp";

    private final TlsConfig config;
    private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    private final @Nullable AdvancedTlsX509TrustManager clients;
    private Identity inForce;
    private List<X509Certificate> trusted = List.of();
    private String problem = "";

    /// @throws IOException when a file cannot be used; the message names it
    public ServerTls(TlsConfig config, Instant now) throws IOException {
        this.config = config;
        try {
            inForce = config.certPath() == null ? SelfSigned.create(DNS_NAME, now) : read(config.certPath());
            use(inForce);
            clients = config.clientCaFile() == null
                    ? null
                    : AdvancedTlsX509TrustManager.newBuilder()
                            .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
                            .build();
            trustClients();
        } catch (GeneralSecurityException e) {
            throw new IOException("cert-path: cannot be used: " + e.getMessage(), e);
        }
    }

    /// For one server; it may be used by several.
    public SslContext context() throws IOException {
        SslContextBuilder builder = SslContextBuilder.forServer(keys);
        if (clients != null) {
            builder.trustManager(clients).clientAuth(ClientAuth.REQUIRE);
        }
        return GrpcSslContexts.configure(builder, SslProvider.JDK).build();
    }

    /// Looks at the files. What cannot be read leaves in force what was, and is logged once.
    public void reload() {
        try {
            if (config.certPath() != null) {
                Identity found = read(config.certPath());
                if (!found.equals(inForce)) {
                    use(found);
                    inForce = found;
                    LOG.info(
                            "certificate read again: {}",
                            found.chain().getFirst().getSubjectX500Principal());
                }
            }
            trustClients();
            problem = "";
        } catch (IOException | GeneralSecurityException e) {
            String said = String.valueOf(e.getMessage());
            if (!said.equals(problem)) {
                LOG.warn("certificates not read again: {}", said);
                problem = said;
            }
        }
    }

    private void trustClients() throws IOException, GeneralSecurityException {
        if (clients == null || config.clientCaFile() == null) {
            return;
        }
        List<X509Certificate> found = PemFiles.certificates(config.clientCaFile());
        if (!found.equals(trusted)) {
            clients.updateTrustCredentials(found.toArray(new X509Certificate[0]));
            trusted = found;
        }
    }

    private void use(Identity identity) {
        keys.updateIdentityCredentials(identity.chainArray(), identity.key());
    }

    private static Identity read(Path folder) throws IOException {
        Identity identity = new Identity(
                PemFiles.key(folder.resolve(KEY_FILE)), PemFiles.certificates(folder.resolve(CERTIFICATE_FILE)));
        if (!identity.belongsTogether()) {
            throw new IOException(
                    folder.resolve(KEY_FILE) + ": another key (expected: that of " + CERTIFICATE_FILE + ")");
        }
        return identity;
    }
}
