package io.kvepp.requestplane;

import io.kvepp.tls.ClientTls;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
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

    /// For a connection that is accepted on a loop.
    void accept(ChannelPipeline pipeline) {
        if (accepting != null) {
            SSLEngine engine = accepting.createSSLEngine();
            engine.setUseClientMode(false);
            engine.setNeedClientAuth(asksForCertificate());
            pipeline.addLast(handler(engine));
        }
    }

    /// For a connection that a loop makes to `address`.
    void connect(ChannelPipeline pipeline, InetSocketAddress address) {
        if (connecting != null) {
            SSLEngine engine = connecting.createSSLEngine(name(address.getAddress()), address.getPort());
            engine.setUseClientMode(true);
            engine.setSSLParameters(named(engine.getSSLParameters()));
            pipeline.addLast(handler(engine));
        }
    }

    private SslHandler handler(SSLEngine engine) {
        SslHandler handler = new SslHandler(engine);
        handler.setHandshakeTimeoutMillis(config.handshakeTimeout().toMillis());
        return handler;
    }

    private boolean asksForCertificate() {
        return config.clientCaFile() != null;
    }

    private String name(InetAddress host) {
        @Nullable String expected = config.serverName();
        return expected == null ? host.getHostAddress() : expected;
    }

    private SSLParameters named(SSLParameters parameters) {
        if (!config.insecure()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        return parameters;
    }
}
