package io.kvepp.modelfiles;

import io.kvepp.modelfiles.ModelFileException.Reason;
import io.kvepp.worker.card.FileReference;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.commons.codec.digest.Blake3;
import org.jspecify.annotations.Nullable;

/// The BLAKE3 sum a file must have.
///
/// - `hex`: 64 lower-case digits, null when any bytes will do
///
/// Immutable.
record Checksum(@Nullable String hex) {
    private static final String PREFIX = "blake3:";
    private static final int HEX_DIGITS = 64;

    static Checksum of(FileReference file) throws ModelFileException {
        String text = file.checksum();
        if (text == null) {
            return new Checksum(null);
        }
        String hex = text.startsWith(PREFIX) ? text.substring(PREFIX.length()).toLowerCase(Locale.ROOT) : "";
        if (hex.length() != HEX_DIGITS || !hex.chars().allMatch(HexFormat::isHexDigit)) {
            throw new ModelFileException(
                    Reason.CHECKSUM,
                    file.path() + ": checksum " + text + " (expected: blake3: and " + HEX_DIGITS + " hex digits)");
        }
        return new Checksum(hex);
    }

    /// The bytes, when they have this sum.
    byte[] checked(String path, byte[] bytes) throws ModelFileException {
        if (hex == null) {
            return bytes;
        }
        String found = HexFormat.of().formatHex(Blake3.hash(bytes));
        if (!found.equals(hex)) {
            throw new ModelFileException(
                    Reason.CHECKSUM, path + ": checksum blake3:" + found + " (expected: blake3:" + hex + ")");
        }
        return bytes;
    }
}
