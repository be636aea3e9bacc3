package io.kvepp.inference;

/// The place in a body where `nvext.token_data` goes: `length` bytes from `offset` on give way to
/// `before`, the ids separated by commas, and `after`.
///
/// Immutable.
public record TokenDataTarget(int offset, int length, String before, String after) {
    public TokenDataTarget {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("offset, length: " + offset + ", " + length + " (expected: >= 0)");
        }
    }
}
