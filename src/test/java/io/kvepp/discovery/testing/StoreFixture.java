package io.kvepp.discovery.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// The recorded discovery stores beside the tests of `discovery`.
public final class StoreFixture {
    private static final String FOLDER = "/io/kvepp/discovery/";

    private StoreFixture() {}

    /// The root of one recorded store.
    public static Path root(String name) {
        try {
            Path readme = Path.of(Objects.requireNonNull(StoreFixture.class.getResource(FOLDER + "README.md"))
                    .toURI());
            return readme.resolveSibling("store").resolve(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /// All entries of one bucket.
    public static List<Path> entries(String store, String bucket) {
        try (Stream<Path> files = Files.list(root(store).resolve("v1").resolve(bucket))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] bytes(String file) {
        try (InputStream in = Objects.requireNonNull(StoreFixture.class.getResourceAsStream(FOLDER + file))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
