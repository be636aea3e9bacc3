package io.kvepp.tls;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/// The certificates and keys of the tests.
public final class TlsFiles {
    private TlsFiles() {}

    public static String path(String name) {
        try {
            return Path.of(Objects.requireNonNull(TlsFiles.class.getResource(name))
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
