package io.kvepp.routerservice;

import java.util.List;

/// What every rank of a pool holds of one prompt, by worker and rank.
///
/// - `blocks`: complete blocks of the prompt
///
/// Immutable.
public record OverlapTable(int blockSizeTokens, int blocks, List<RankOverlap> ranks) {
    public OverlapTable {
        ranks = List.copyOf(ranks);
    }
}
