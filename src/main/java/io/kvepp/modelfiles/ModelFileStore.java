package io.kvepp.modelfiles;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileException.Reason;
import io.kvepp.worker.card.FileReference;
import java.net.http.HttpClient;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Reads model files from where model cards say they are.
///
/// - A local path is read as it is.
/// - `http://` and `https://` addresses are fetched; a redirect is an error.
/// - `hf://<repo>/<file>` is looked up in the cache folder, flat (`<cache>/<repo>/<file>`) or in
///   the layout of the Hugging Face hub cache. Nothing is downloaded from a hub. Where several
///   snapshots hold the file, the checksum decides; without one, `refs/main` does.
///
/// The bytes are those of the reference's checksum, or the read fails.
///
/// Thread-safe. Blocks for as long as [ModelFilesConfig#fetchTimeout].
public final class ModelFileStore {
    private static final String HUB_SCHEME = "hf://";

    private final HubCache hubCache;
    private final LocalFiles localFiles;
    private final HttpFiles httpFiles;
    private final EppMetrics metrics;

    /// `client` must not follow redirects; closing it is the caller's business.
    public ModelFileStore(ModelFilesConfig config, HttpClient client, EppMetrics metrics) {
        if (client.followRedirects() != HttpClient.Redirect.NEVER) {
            throw new IllegalArgumentException("client: follows redirects (expected: never)");
        }
        this.hubCache = new HubCache(config.cacheDir());
        this.localFiles = new LocalFiles(config.fileBytesMax());
        this.httpFiles = new HttpFiles(client, config.fileBytesMax(), config.fetchTimeout());
        this.metrics = metrics;
    }

    public byte[] read(FileReference file) throws ModelFileException {
        try {
            byte[] bytes = find(file);
            metrics.modelFile("ok");
            return bytes;
        } catch (ModelFileException e) {
            metrics.modelFile(e.reason().name().toLowerCase(Locale.ROOT));
            throw e;
        }
    }

    private byte[] find(FileReference file) throws ModelFileException {
        String path = file.path();
        Checksum checksum = Checksum.of(file);
        if (path.startsWith("http://") || path.startsWith("https://")) {
            return checksum.checked(path, httpFiles.read(path));
        }
        if (path.startsWith(HUB_SCHEME)) {
            return firstMatching(path, hubCache.candidates(path.substring(HUB_SCHEME.length())), checksum);
        }
        return firstMatching(path, List.of(localPath(path)), checksum);
    }

    private byte[] firstMatching(String path, List<Path> candidates, Checksum checksum) throws ModelFileException {
        List<ModelFileException> failures = new ArrayList<>();
        for (Path candidate : candidates) {
            try {
                return checksum.checked(candidate.toString(), localFiles.read(candidate));
            } catch (ModelFileException e) {
                failures.add(e);
            }
        }
        if (failures.isEmpty()) {
            throw new ModelFileException(
                    Reason.MISSING, path + ": not in the model cache (expected: a file below " + hubCache.root() + ")");
        }
        throw failures.getLast();
    }

    private static Path localPath(String path) throws ModelFileException {
        if (path.contains("://")) {
            throw new ModelFileException(
                    Reason.MISSING, path + ": unknown scheme (expected: a local path, http, https or hf)");
        }
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new ModelFileException(Reason.MISSING, path + ": no path (expected: a local path)", e);
        }
    }
}
