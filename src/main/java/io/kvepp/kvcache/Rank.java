package io.kvepp.kvcache;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What the writer knows of one rank besides the tree.
///
/// Confined to the index's writer.
final class Rank {
    private static final int COMPACT_MIN = 64;

    /// Listed runs up to which all are looked at in one step; beyond, some with each that is added.
    private static final int COMPACT_MAX = 4096;

    private static final int LOOKED_AT = 4;

    /// With its worker, and its entry among the ranks.
    private static final int BYTES = 176;
    private static final int SEEN = 256;

    final WorkerWithDpRank worker;
    final int slot;

    // The worker again: where there are many ranks, each object is one more line to wait for.
    private final long workerId;
    private final int dpRank;

    /// External hashes it has, one for each tier that holds the block.
    long entries;

    /// Events about it.
    long changes;

    /// Names in [Alias]es.
    int aliasNames;

    /// Null while each of its blocks has one name.
    @Nullable
    Doubles doubles;

    /// The turn in which it lost blocks that others of its own may follow, and where; -1 for
    /// everywhere.
    private long holeTurn = -1;

    private int holeRun;
    private int holeFrom;
    private int aboveRun;
    private int aboveFrom;

    /// Ids of runs it held something of, some of them twice or no longer.
    private int[] runIds = new int[8];

    private int runIdCount;
    private int compactAt = COMPACT_MIN;

    /// In a long list: the run to be looked at next, and some that were kept since its beginning.
    private int cursor;

    private int @Nullable [] seen;

    Rank(WorkerWithDpRank worker, int slot) {
        this.worker = worker;
        this.slot = slot;
        workerId = worker.workerId();
        dpRank = worker.dpRank();
    }

    boolean isOf(WorkerWithDpRank other) {
        return workerId == other.workerId() && dpRank == other.dpRank();
    }

    /// Whether all its blocks have the names that their runs have for them.
    boolean isPlain() {
        return aliasNames == 0 && doubles == null;
    }

    /// It loses blocks in front of others that it may hold.
    ///
    /// @param node that the blocks are of; null when others may be anywhere
    void opened(long turn, @Nullable Node node) {
        holeTurn = turn;
        holeRun = node == null ? -1 : node.run.id;
        holeFrom = node == null ? -1 : node.from;
        Node above = node == null ? null : node.siblings.parent;
        aboveRun = above == null ? -1 : above.run.id;
        aboveFrom = above == null ? -1 : above.from;
    }

    /// Whether blocks of the node may follow some that it lost in this turn.
    boolean mayBeBehindHole(long turn, Node node) {
        return holeTurn == turn
                && !(node.run.id == holeRun && node.from == holeFrom)
                && !(node.run.id == aboveRun && node.from == aboveFrom);
    }

    void addRun(Run run, IdTable<Run> runs) {
        if (runIdCount > 0 && runIds[runIdCount - 1] == run.id) {
            return;
        }
        if (runIdCount >= COMPACT_MAX) {
            compactSome(runs);
        } else if (runIdCount >= compactAt) {
            compact(runs);
            compactAt = Math.max(COMPACT_MIN, 3 * runIdCount);
        }
        if (runIdCount == runIds.length) {
            runIds = Arrays.copyOf(runIds, runIdCount + runIdCount / 2);
        }
        runIds[runIdCount++] = run.id;
    }

    /// The runs it holds something of, each once.
    int[] runIds(IdTable<Run> runs) {
        compact(runs);
        return Arrays.copyOf(runIds, runIdCount);
    }

    /// As they are in the list.
    int listed() {
        return runIdCount;
    }

    long heapBytes() {
        return BYTES + HeapSize.ints(runIds.length) + (seen == null ? 0 : HeapSize.ints(SEEN));
    }

    void forgetRuns() {
        cursor = 0;
        seen = null;
        runIds = new int[8];
        runIdCount = 0;
        compactAt = COMPACT_MIN;
    }

    /// Takes out what it holds nothing of, and what it has seen twice; few are twice in the list,
    /// as those that come often are seen soon.
    private void compactSome(IdTable<Run> runs) {
        int[] kept = seen == null ? new int[SEEN] : seen;
        seen = kept;
        for (int i = 0; i < LOOKED_AT; i++) {
            if (cursor >= runIdCount) {
                cursor = 0;
                Arrays.fill(kept, 0);
            }
            int id = runIds[cursor];
            Run run = runs.find(id);
            if (run == null || kept[id % SEEN] == id + 1 || !holdsAny(run)) {
                runIds[cursor] = runIds[--runIdCount];
            } else {
                kept[id % SEEN] = id + 1;
                cursor++;
            }
        }
    }

    private void compact(IdTable<Run> runs) {
        int kept = 0;
        for (int i = 0; i < runIdCount; i++) {
            Run run = runs.find(runIds[i]);
            if (run != null && !run.isListed() && holdsAny(run)) {
                run.setListed(true);
                runIds[kept++] = runIds[i];
            }
        }
        for (int i = 0; i < kept; i++) {
            runs.get(runIds[i]).setListed(false);
        }
        runIdCount = kept;
    }

    private boolean holdsAny(Run run) {
        for (int i = 0; i < run.segmentCount(); i++) {
            if (run.segment(i).isHeldBy(slot)) {
                return true;
            }
        }
        return false;
    }
}
