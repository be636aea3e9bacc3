package io.kvepp.kvcache;

/// Bytes that objects take on a heap with compact headers and references of four bytes.
///
/// Immutable.
final class HeapSize {
    private static final int ARRAY_HEADER = 12;

    private HeapSize() {}

    static long ints(int length) {
        return aligned(ARRAY_HEADER + 4L * length);
    }

    static long references(int length) {
        return ints(length);
    }

    static long longs(int length) {
        return aligned(ARRAY_HEADER + 8L * length);
    }

    private static long aligned(long bytes) {
        return bytes + 7 & -8;
    }
}
