package io.kvepp.tls;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Whether and with which files connections are encrypted.
///
/// - `certPath`: a folder with `tls.crt` and `tls.key`; null: a certificate is made at the start
/// - `clientCaFile`: certificates of those who may sign clients'; null: clients need none
///
/// Immutable.
public record TlsConfig(
        boolean secure, @Nullable Path certPath, @Nullable Path clientCaFile, Duration reload) {
    public TlsConfig {
        check(reload.isPositive(), "cert-reload", reload, "> 0");
        check(
                secure || (certPath == null && clientCaFile == null),
                "secure-serving",
                secure,
                "true with cert-path or client-ca-file");
    }

    public static TlsConfig from(Options options) {
        return new TlsConfig(
                options.option("secure-serving", "TLS on the ext_proc port; false: plaintext")
                        .env("DYN_SECURE_SERVING")
                        .flag(true),
                path(options.option("cert-path", "folder with tls.crt and tls.key; empty: a self-signed certificate")
                        .string("")),
                path(options.option(
                                "client-ca-file",
                                "PEM file of those who sign clients; empty: clients need not be signed")
                        .string("")),
                options.option("cert-reload", "how often certificate files are looked at")
                        .duration(Duration.ofSeconds(10)));
    }

    private static @Nullable Path path(String text) {
        return text.isEmpty() ? null : Path.of(text);
    }
}
