package io.kvepp.worker.card;

import org.jspecify.annotations.Nullable;

/// A model file as a card names it.
///
/// - `path`: a local path, or an `http://`, `https://` or `hf://<repo>/<file>` address
/// - `checksum`: `blake3:` and 64 hex digits of the file's bytes, or null when the card has none
/// - `sizeBytes`: the size the card declares, or -1
///
/// Immutable.
public record FileReference(String path, @Nullable String checksum, long sizeBytes) {
    /// The part after the last slash.
    public String fileName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
