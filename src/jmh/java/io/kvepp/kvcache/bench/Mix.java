package io.kvepp.kvcache.bench;

/// Hashes that look random and never collide within a stream.
///
/// Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014); every step of it can be undone.
final class Mix {
    private static final long STREAM_STEP = 0x9E3779B97F4A7C15L;

    private Mix() {}

    static long hash(long stream, long number) {
        long z = stream * STREAM_STEP + number;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
