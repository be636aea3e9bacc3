package io.kvepp.it.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// The checkout under test and the product built from it.
public final class Project {
    private static final String ROOT_PROPERTY = "kvepp.root";

    private Project() {}

    public static Path root() {
        return Path.of(Objects.requireNonNull(
                System.getProperty(ROOT_PROPERTY), "system property " + ROOT_PROPERTY + " (set by ./mvnw verify)"));
    }

    /// The start script of the finished product.
    public static Path kvEpp() {
        Path script = root().resolve("target/kv-epp/bin/kv-epp");
        if (!Files.isExecutable(script)) {
            throw new AssertionError(script + " is missing (expected: ./mvnw package has built it)");
        }
        return script;
    }

    public static Path logs() {
        return root().resolve("target/it-logs");
    }
}
