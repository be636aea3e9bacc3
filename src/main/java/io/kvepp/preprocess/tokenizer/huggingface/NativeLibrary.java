package io.kvepp.preprocess.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The native library of the jar, loaded once per process from a temporary file that is gone
/// afterwards.
///
/// Thread-safe.
final class NativeLibrary {
    private static final @Nullable String FAILURE = load();

    private NativeLibrary() {}

    /// The library's functions. Refused where it cannot be loaded: on another platform, with a C
    /// library older than glibc 2.34, or without a folder for temporary files.
    static TokenizersLibrary functions() throws UnsupportedTokenizerException {
        if (FAILURE != null) {
            throw new UnsupportedTokenizerException("native tokenizer library: " + FAILURE);
        }
        return TokenizersLibrary.LIB;
    }

    @SuppressWarnings("restricted") // the product runs with --enable-native-access
    private static @Nullable String load() {
        String resource = "/native/lib/linux-" + architecture() + "/cpu/libtokenizers.so";
        try (InputStream library = TokenizersLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                return resource + ": not found (expected: Linux on x86_64 or aarch64)";
            }
            Path file = Files.createTempFile("kv-epp-tokenizers", ".so");
            try {
                Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
                System.load(file.toString());
            } finally {
                Files.delete(file);
            }
            return null;
        } catch (IOException | UnsatisfiedLinkError e) {
            return e + " (expected: a library that can be loaded)";
        }
    }

    private static String architecture() {
        String name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return name.equals("amd64") ? "x86_64" : name;
    }
}
