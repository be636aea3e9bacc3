package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The index of who holds which prefix.
///
/// A rank matches the longest prefix of a prompt whose every block it holds *now*. Engines keep a
/// block's children when the block is evicted: they are unreachable until the block is stored
/// again, and then match again without a new event. Never over-counts; never under-counts once
/// every event is applied.
///
/// A stored event whose parent the rank holds in no tier is rejected; a removed hash the rank does
/// not know is skipped. A stored hash that the rank has for another block contradicts itself: it stands
/// for neither from then on, in no tier; the event's blocks before it are stored, it and those behind
/// it are not. All are counted in [#stats]. Nothing an event says ever throws.
///
/// Single-writer: [#apply], [#repeat], [#together] and [#removeRank] are called by one thread at a
/// time. All others by any number; [#findMatches] without waiting.
public interface KvIndexer {
    void apply(RouterEvent event);

    /// [#apply] of an event that what was applied before may contain already: a worker's dump holds
    /// what happened while it was made, and then the worker tells of that too. What the rank does
    /// not hold any more (a parent, or a removed hash) is not counted.
    default void repeat(RouterEvent event) {
        apply(event);
    }

    /// Runs a task that applies several events: quicker than each by itself, and who waits for the
    /// writer waits for all of them.
    ///
    /// @param expected what the task will most likely apply; nothing depends on it but its speed
    default void together(List<RouterEvent> expected, Runnable applying) {
        applying.run();
    }

    /// Forgets everything the rank holds, in every tier.
    void removeRank(WorkerWithDpRank worker);

    default OverlapScores findMatches(BlockHashes hashes) {
        return findMatches(hashes, false);
    }

    /// How many leading blocks of the prompt each rank holds.
    ///
    /// @param earlyExit stop as soon as a single rank is left: its own length may then be too short,
    ///     but never too long, and its lower tiers may be missing
    OverlapScores findMatches(BlockHashes hashes, boolean earlyExit);

    /// Nobody reads these scores of this index any more, nor gives them back again: a later look-up
    /// may write into their arrays. Scores that are not given back are garbage, nothing worse.
    void recycle(OverlapScores scores);

    /// [#findMatches] with the engines' own hashes; may wait for the writer, for one event or for those
    /// applied [#together].
    MatchDetails findMatchDetails(BlockHashes hashes);

    /// Tells `sink` stored events, and where a rank holds a block but not its parent also removed
    /// ones, that give an empty index the state of this one.
    ///
    /// Rank by rank, parents before children, event ids from 1 for each rank. What is told of one
    /// rank is a state that existed; two ranks may be told as of different moments. `sink` runs on
    /// the caller's thread and may be slow: the index does not wait for it. The writer waits for some
    /// blocks of a rank at a time, and for all of them only where the rank changes again and again.
    default void dump(Consumer<? super RouterEvent> sink) {
        dump(rank -> true, sink);
    }

    /// The same of some of the ranks.
    void dump(Predicate<? super WorkerWithDpRank> ranks, Consumer<? super RouterEvent> sink);

    IndexStats stats();
}
