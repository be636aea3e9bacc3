package io.kvepp.scheduling;

/// What one rank's cost is made of; see [CostFunction].
///
/// - `deviceBlocks`, `hostPinnedBlocks`, `diskBlocks`: of the prompt, as the index has them
/// - `prefillBlocks`: prompt blocks it would have to compute if it held none
/// - `creditBlocks`: what the blocks it holds take off that
/// - `activeBlocks`: blocks in use, those of the request included
/// - `activeRequests`: requests under way
/// - `multiplier`: for taints the request prefers; 1 without
/// - `cost`: what all that comes to, in blocks
///
/// Immutable.
public record CostTerms(
        int deviceBlocks,
        int hostPinnedBlocks,
        int diskBlocks,
        double prefillBlocks,
        double creditBlocks,
        double activeBlocks,
        int activeRequests,
        double multiplier,
        double cost) {
    /// Blocks of the prompt the rank holds, in whatever tier.
    public int overlapBlocks() {
        return deviceBlocks + hostPinnedBlocks + diskBlocks;
    }
}
