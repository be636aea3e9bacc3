package io.kvepp.discovery.staticlist;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.YamlSection;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelFiles;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the files of a model: what the list names, and what lies beside the tokenizer.
///
/// Thread-safe.
final class StaticModelFiles {
    private StaticModelFiles() {}

    static ModelFiles of(YamlSection model, Path folder) {
        Path named = path(model, "tokenizer", model.text("tokenizer"), folder);
        Path file = Files.isDirectory(named) ? named.resolve("tokenizer.json") : named;
        check(Files.isRegularFile(file), model.path("tokenizer"), named, "a tokenizer file, or a folder with one");
        @Nullable String template = model.textOrNull("chat_template");
        return new ModelFiles(
                existing(file.resolveSibling("config.json")),
                reference(file),
                existing(file.resolveSibling("tokenizer_config.json")),
                template == null
                        ? existing(file.resolveSibling("chat_template.jinja"))
                        : template(model, path(model, "chat_template", template, folder)),
                List.of());
    }

    private static FileReference template(YamlSection model, Path file) {
        check(Files.isRegularFile(file), model.path("chat_template"), file, "a template file");
        return reference(file);
    }

    private static Path path(YamlSection model, String name, String text, Path folder) {
        try {
            return folder.resolve(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw ConfigurationException.of(model.path(name), "unusable", "a path: " + e.getReason());
        }
    }

    private static @Nullable FileReference existing(Path file) {
        return Files.isRegularFile(file) ? reference(file) : null;
    }

    private static FileReference reference(Path file) {
        return new FileReference(file.toString(), null, -1);
    }
}
