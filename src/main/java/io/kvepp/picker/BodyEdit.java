package io.kvepp.picker;

/// How the request body changes: `length` bytes from `offset` on are replaced by `replacement`; all
/// other bytes pass as they came.
///
/// Immutable; the array is not copied and must not be changed.
public record BodyEdit(int offset, int length, byte[] replacement) {
    public static final BodyEdit NONE = new BodyEdit(0, 0, new byte[0]);

    public BodyEdit {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("offset, length: " + offset + ", " + length + " (expected: >= 0)");
        }
    }

    public boolean isNone() {
        return length == 0 && replacement.length == 0;
    }
}
