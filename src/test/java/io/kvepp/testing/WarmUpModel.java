package io.kvepp.testing;

import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// The small model that the product carries for its warm-up, as files.
public final class WarmUpModel {
    private WarmUpModel() {}

    /// Writes the files into a folder and answers what a card says of them.
    public static ModelFiles in(Path folder) throws IOException {
        return new ModelFiles(
                copy(folder, "config.json"),
                copy(folder, "tokenizer.json"),
                copy(folder, "tokenizer_config.json"),
                null,
                List.of());
    }

    private static FileReference copy(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = Objects.requireNonNull(WarmUpModel.class.getResourceAsStream("/warm-up/" + name))) {
            Files.write(file, in.readAllBytes());
        }
        return new FileReference(file.toString(), null, -1);
    }
}
