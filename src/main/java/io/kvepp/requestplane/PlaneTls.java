package io.kvepp.requestplane;

import io.kvepp.tls.ClientTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// Makes connections of the request plane private, as far as that is configured: those that are
/// accepted, and those that are made.
///
/// Thread-safe.
final class PlaneTls {
    private final @Nullable SSLContext accepting;
    private final @Nullable SSLContext connecting;
    private final TcpRequestPlaneConfig.Tls config;

    /// Reads the files.
    ///
    /// @throws io.kvepp.config.ConfigurationException when one cannot be read
    PlaneTls(TcpRequestPlaneConfig.Tls config) {
        this.config = config;
        accepting = config.accepts()
                ? new ClientTls(config.clientCaFile(), config.certificateFile(), config.keyFile(), false).context()
                : null;
        connecting = config.connects()
                ? new ClientTls(
                                config.caFile(),
                                config.clientCertificateFile(),
                                config.clientKeyFile(),
                                config.insecure())
                        .context()
                : null;
    }

    /// Whether who connects here has to speak TLS.
    boolean accepts() {
        return accepting != null;
    }

    /// The connection as it is to be used from now on; waits for the other side's handshake.
    Socket accepted(Socket raw) throws IOException {
        if (accepting == null) {
            return raw;
        }
        SSLSocket tls = (SSLSocket) accepting.getSocketFactory().createSocket(raw, null, raw.getPort(), true);
        tls.setUseClientMode(false);
        tls.setNeedClientAuth(config.clientCaFile() != null);
        return shaken(raw, tls);
    }

    /// The same for a connection that was made to `host`.
    Socket connected(Socket raw, InetAddress host) throws IOException {
        if (connecting == null) {
            return raw;
        }
        @Nullable String expected = config.serverName();
        String name = expected == null ? host.getHostAddress() : expected;
        SSLSocket tls = (SSLSocket) connecting.getSocketFactory().createSocket(raw, name, raw.getPort(), true);
        if (!config.insecure()) {
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
        }
        return shaken(raw, tls);
    }

    private Socket shaken(Socket raw, SSLSocket tls) throws IOException {
        Duration limit = config.handshakeTimeout();
        raw.setSoTimeout(Math.toIntExact(limit.toMillis()));
        tls.startHandshake();
        raw.setSoTimeout(0);
        return new TlsSocket(raw, tls);
    }
}
