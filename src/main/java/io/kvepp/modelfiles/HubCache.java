package io.kvepp.modelfiles;

import io.kvepp.modelfiles.ModelFileException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Where a cache folder may hold a file of a Hugging Face repository.
///
/// Thread-safe.
final class HubCache {
    private final Path root;

    HubCache(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /// Existing files for `<repo>/<file>`, the likeliest first.
    List<Path> candidates(String repoAndFile) throws ModelFileException {
        check(repoAndFile);
        int slash = repoAndFile.lastIndexOf('/');
        String repo = repoAndFile.substring(0, slash);
        String file = repoAndFile.substring(slash + 1);
        List<Path> candidates = new ArrayList<>();
        candidates.add(root.resolve(repo).resolve(file));
        Path model = root.resolve("models--" + repo.replace("/", "--"));
        for (Path snapshot : snapshots(model)) {
            candidates.add(snapshot.resolve(file));
        }
        candidates.removeIf(candidate -> !Files.isRegularFile(candidate));
        return candidates;
    }

    /// All snapshots of a model, that of `refs/main` first.
    private static List<Path> snapshots(Path model) throws ModelFileException {
        Path folder = model.resolve("snapshots");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try {
            List<Path> snapshots = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                entries.forEach(snapshots::add);
            }
            String main = mainRevision(model.resolve("refs").resolve("main"));
            snapshots.sort(Comparator.comparing((Path snapshot) ->
                            !snapshot.getFileName().toString().equals(main))
                    .thenComparing(Comparator.naturalOrder()));
            return snapshots;
        } catch (IOException e) {
            throw new ModelFileException(Reason.IO, folder + ": cannot be listed (expected: a readable folder)", e);
        }
    }

    private static String mainRevision(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.readString(file).strip() : "";
    }

    /// The text comes from discovery: it must not lead out of the cache folder.
    private static void check(String repoAndFile) throws ModelFileException {
        String[] segments = repoAndFile.split("/", -1);
        boolean valid = segments.length >= 2;
        for (String segment : segments) {
            valid &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..") && !segment.contains("\\");
        }
        try {
            valid &= !Path.of(repoAndFile).isAbsolute();
        } catch (InvalidPathException e) {
            valid = false;
        }
        if (!valid) {
            throw new ModelFileException(
                    Reason.MISSING, "hf://" + repoAndFile + ": no model file (expected: hf://<repo>/<file>)");
        }
    }
}
