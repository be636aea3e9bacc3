package io.kvepp.kvcache;

import java.util.random.RandomGenerator;

/// Spreads hashes that others chose over a table, in a way they cannot foresee.
///
/// The 128-bit product of the hash and a secret, folded to 64 bits. `kept` masks bits of the result
/// away: -1 but where collisions are wanted.
///
/// Immutable.
record KeyMix(long key, long multiplier, long kept) {
    static KeyMix random(RandomGenerator random) {
        return new KeyMix(random.nextLong(), random.nextLong() | 1, -1);
    }

    long mix(long hash) {
        long keyed = hash ^ key;
        return (Math.multiplyHigh(keyed, multiplier) ^ (keyed * multiplier)) & kept;
    }

    /// For hashes of which every rank has its own.
    long mix(long hash, int slot) {
        return mix(hash + (slot + 1L) * 0x9E3779B97F4A7C15L);
    }
}
