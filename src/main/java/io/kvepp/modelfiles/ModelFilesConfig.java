package io.kvepp.modelfiles;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;

/// Where model files may come from and how large they may be.
///
/// - `cacheDir`: searched for `hf://` references, either as `<repo>/<file>` or in the layout of the
///   Hugging Face hub cache
/// - `fileBytesMax`: the largest file that is read
/// - `fetchTimeout`: the longest time for one download
///
/// Immutable.
public record ModelFilesConfig(Path cacheDir, long fileBytesMax, Duration fetchTimeout) {
    private static final String CACHE_DIR_DEFAULT = "/var/cache/huggingface/hub";
    private static final long FILE_BYTES_MAX_DEFAULT = 128L << 20;
    private static final Duration FETCH_TIMEOUT_DEFAULT = Duration.ofSeconds(30);

    public ModelFilesConfig {
        ConfigurationException.check(
                fileBytesMax > 0 && fileBytesMax <= 1L << 30,
                "model-file-bytes-max",
                fileBytesMax,
                "between 1 byte and 1GiB");
        ConfigurationException.check(fetchTimeout.isPositive(), "model-file-timeout", fetchTimeout, "> 0");
    }

    public static ModelFilesConfig from(Options options) {
        return new ModelFilesConfig(
                directory(options.option(
                                "model-cache-dir",
                                "folder with the files of hf:// models, flat or as a Hugging Face hub cache")
                        .env("HF_HUB_CACHE")
                        .env("HF_HOME", home -> home + "/hub")
                        .string(CACHE_DIR_DEFAULT)),
                options.option("model-file-bytes-max", "largest model file that is read")
                        .bytes(FILE_BYTES_MAX_DEFAULT),
                options.option("model-file-timeout", "longest time to download one model file")
                        .duration(FETCH_TIMEOUT_DEFAULT));
    }

    private static Path directory(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw ConfigurationException.of("model-cache-dir", text, "a folder path");
        }
    }
}
