package io.kvepp.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientTlsTest {
    private static final String CA = TlsFiles.path("ca.pem");
    private static final ClientTls SERVER =
            new ClientTls(CA, TlsFiles.path("server.pem"), TlsFiles.path("server.key"), false);
    private static final ClientTls CLIENT =
            new ClientTls(CA, TlsFiles.path("client.pem"), TlsFiles.path("client.key"), false);

    @Test
    void clientAndServerKnowEachOtherByTheirCertificates() throws Exception {
        assertThat(handshake(CLIENT, true)).isEqualTo("CN=client");
    }

    @Test
    void aServerThatNobodyVouchesForIsRefusedUnlessItMayBeAnyone() throws Exception {
        assertThatThrownBy(() -> handshake(ClientTls.SYSTEM, false)).isInstanceOf(SSLException.class);
        assertThat(handshake(new ClientTls(null, null, null, true), false)).isEqualTo("nobody");
    }

    @Test
    void aFileThatCannotBeUsedIsNamed(@TempDir Path folder) throws IOException {
        Path other = Files.writeString(folder.resolve("other.pem"), "no certificate");

        assertThatThrownBy(() -> new ClientTls("/no/such.pem", null, null, false).context())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("TLS: /no/such.pem");
        assertThatThrownBy(() -> new ClientTls(other.toString(), null, null, false).context())
                .hasMessageContaining(other.toString());
        assertThatThrownBy(() -> new ClientTls(CA, TlsFiles.path("client.pem"), other.toString(), false).context())
                .hasMessageContaining("a private key in PKCS #8");
    }

    @Test
    void aCertificateNeedsItsKey() {
        assertThatThrownBy(() -> new ClientTls(null, CA, null, false))
                .hasMessage("client certificate: certificate without key (expected: both or none)");
    }

    /// The subject of the client's certificate, or `nobody`.
    private static String handshake(ClientTls client, boolean needClient) throws Exception {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (SSLServerSocket server =
                (SSLServerSocket) SERVER.context().getServerSocketFactory().createServerSocket(0, 1, here)) {
            server.setNeedClientAuth(needClient);
            CompletableFuture<String> subject = CompletableFuture.supplyAsync(() -> {
                try (SSLSocket accepted = (SSLSocket) server.accept()) {
                    accepted.startHandshake();
                    return needClient ? accepted.getSession().getPeerPrincipal().getName() : "nobody";
                } catch (IOException e) {
                    return e.toString();
                }
            });
            try (SSLSocket socket =
                    (SSLSocket) client.context().getSocketFactory().createSocket("127.0.0.1", server.getLocalPort())) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                return subject.join();
            }
        }
    }
}
