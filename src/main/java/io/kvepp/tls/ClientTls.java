package io.kvepp.tls;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// Whom a client trusts, and who it says it is.
///
/// - `caFile`: PEM certificates that vouch for the server; null: those the system trusts
/// - `certificateFile`, `keyFile`: PEM chain and key of the client itself; both or none
/// - `insecure`: any server is trusted, whatever its certificate says
///
/// Immutable.
public record ClientTls(
        @Nullable String caFile,
        @Nullable String certificateFile,
        @Nullable String keyFile,
        boolean insecure) {
    /// The system's trust, and no certificate of our own.
    public static final ClientTls SYSTEM = new ClientTls(null, null, null, false);

    private static final char[] NO_PASSWORD = new char[0];

    public ClientTls {
        check(
                (certificateFile == null) == (keyFile == null),
                "client certificate",
                certificateFile == null ? "key without certificate" : "certificate without key",
                "both or none");
    }

    /// False when this says no more than that there is TLS.
    public boolean isCustom() {
        return insecure || caFile != null || certificateFile != null;
    }

    /// Reads the files.
    ///
    /// @throws ConfigurationException when one cannot be read; the message names it
    public SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers(), trustManagers(), new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ConfigurationException("TLS: " + e.getMessage());
        }
    }

    private KeyManager @Nullable [] keyManagers() throws GeneralSecurityException, IOException {
        if (certificateFile == null || keyFile == null) {
            return null;
        }
        KeyStore store = emptyStore();
        store.setKeyEntry(
                "client",
                PemFiles.key(Path.of(keyFile)),
                NO_PASSWORD,
                PemFiles.certificates(Path.of(certificateFile)).toArray(new Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private TrustManager @Nullable [] trustManagers() throws GeneralSecurityException, IOException {
        if (insecure) {
            return new TrustManager[] {new TrustAll()};
        }
        if (caFile == null) {
            return null;
        }
        KeyStore store = emptyStore();
        List<X509Certificate> certificates = PemFiles.certificates(Path.of(caFile));
        for (int i = 0; i < certificates.size(); i++) {
            store.setCertificateEntry("ca-" + i, certificates.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }
}
