package io.kvepp.modelfiles;

import io.kvepp.modelfiles.ModelFileException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads files of this machine up to a size.
///
/// Thread-safe.
final class LocalFiles {
    private final long bytesMax;

    LocalFiles(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    byte[] read(Path path) throws ModelFileException {
        // A pipe or device would have no end and no size.
        if (!Files.isRegularFile(path)) {
            throw new ModelFileException(Reason.MISSING, path + ": not found (expected: a readable file)");
        }
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(Math.toIntExact(bytesMax + 1));
            if (bytes.length > bytesMax) {
                throw new ModelFileException(
                        Reason.TOO_LARGE, path + ": too large (expected: at most " + bytesMax + " bytes)");
            }
            return bytes;
        } catch (IOException e) {
            throw new ModelFileException(Reason.IO, path + ": cannot be read (expected: a readable file)", e);
        }
    }
}
