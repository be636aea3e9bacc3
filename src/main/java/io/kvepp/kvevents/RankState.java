package io.kvepp.kvevents;

import java.util.Locale;

/// What the index knows of one rank.
///
/// Confined to the lane.
sealed interface RankState permits RankState.Live, RankState.Cold, Recovering {
    /// Shown to operators.
    default String word() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /// All the rank holds.
    record Live(EventCursor cursor) implements RankState {}

    /// Only what happened since some moment: less than the rank holds, never more.
    record Cold(EventCursor cursor) implements RankState {}
}
