package io.kvepp.routerservice;

import org.jspecify.annotations.Nullable;

/// The prompt of a request, as its caller knows it.
///
/// Immutable; arrays are not copied and must not be changed.
public sealed interface SelectionPrompt {
    /// Tokens of the whole prompt.
    int promptTokens();

    /// All token ids.
    ///
    /// - `loraName`, `cacheSalt`: null for none; the former is the pool's own when null
    /// - `eagle`: how blocks are cut; null: as the workers do
    record Tokens(
            int[] tokenIds,
            @Nullable String loraName,
            @Nullable String cacheSalt,
            @Nullable Boolean eagle) implements SelectionPrompt {
        /// Plain text.
        public static Tokens of(int[] tokenIds) {
            return new Tokens(tokenIds, null, null, null);
        }

        @Override
        public int promptTokens() {
            return tokenIds.length;
        }
    }

    /// The hashes of its complete blocks, one of each kind a block, cut as the workers do. `local` is
    /// empty when unknown: that is enough for a booking, but not for a choice.
    record Hashes(long[] local, long[] sequence, int promptTokens) implements SelectionPrompt {}
}
