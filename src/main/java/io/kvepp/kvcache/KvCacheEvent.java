package io.kvepp.kvcache;

import java.util.Arrays;
import java.util.OptionalLong;

/// One change of one rank's cache, as its engine reports it. All hashes are unsigned 64-bit
/// numbers.
///
/// *External* hashes (`blockHashes`, `parentHash`) are the engine's own and opaque; `tokensHashes`
/// are local block hashes that a picker computes from a prompt too ([BlockHasher]).
///
/// Source: Dynamo's KV event schema, topic `kv-events`.
///
/// Immutable; the arrays are not copied and must not be changed.
public sealed interface KvCacheEvent {
    /// Consecutive blocks that now follow `parent` (empty: the start of a prompt). Both arrays have
    /// the same length.
    record Stored(OptionalLong parentHash, long[] blockHashes, long[] tokensHashes) implements KvCacheEvent {
        public Stored {
            if (blockHashes.length != tokensHashes.length) {
                throw new IllegalArgumentException(
                        "tokensHashes: " + tokensHashes.length + " (expected: " + blockHashes.length + ")");
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Stored that
                    && parentHash.equals(that.parentHash)
                    && Arrays.equals(blockHashes, that.blockHashes)
                    && Arrays.equals(tokensHashes, that.tokensHashes);
        }

        @Override
        public int hashCode() {
            return 31 * parentHash.hashCode() + Arrays.hashCode(blockHashes);
        }
    }

    /// These blocks are gone; unknown ones are counted and skipped.
    record Removed(long[] blockHashes) implements KvCacheEvent {
        @Override
        public boolean equals(Object other) {
            return other instanceof Removed that && Arrays.equals(blockHashes, that.blockHashes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(blockHashes);
        }
    }

    /// The rank's cache is empty, in every tier.
    record Cleared() implements KvCacheEvent {}
}
