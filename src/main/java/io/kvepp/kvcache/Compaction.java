package io.kvepp.kvcache;

/// Moves what is left of a larger index closer together, a little with each removal, so that pages
/// and slabs run empty.
///
/// Confined to the index's writer, and to its removals: what is moved leaves its old place to the
/// readers of this turn.
final class Compaction {
    /*
     * Memory is in two layers: slabs are cut into pages (PagePool), pages into arrays of one size
     * (RunMemory). What is removed at random leaves some arrays in each page, and some pages in
     * each slab. A pass goes over all runs, aliases and tables by number and moves what is on a
     * page less than half full, or in a slab that is not needed for the pages there are. Nothing is
     * done while memory is well used, and then nothing is kept for it: no array says whose it is.
     */
    /// Runs or aliases that are looked at with one removal.
    private static final int LOOKED_AT = 8;

    /// Nodes that are moved with one removal, but for the last run's.
    private static final int NODES = 64;

    private enum Moving {
        NOTHING,
        RUNS,
        ALIASES,
        TABLES
    }

    private final PagePool pool;
    private final RunMemory memory;
    private final IdTable<Run> runs;
    private final Content content;
    private final NameTables tables;
    private Moving moving = Moving.NOTHING;
    private int next;
    private long removals;
    private long nextPass;

    Compaction(PagePool pool, RunMemory memory, IdTable<Run> runs, Content content, NameTables tables) {
        this.pool = pool;
        this.memory = memory;
        this.runs = runs;
        this.content = content;
        this.tables = tables;
    }

    /// To be called after a removal.
    void step() {
        removals++;
        switch (moving) {
            case NOTHING -> begin();
            case RUNS -> moveRuns();
            case ALIASES -> moveAliases();
            case TABLES -> moveTable();
        }
    }

    private void begin() {
        if (removals >= nextPass && (memory.isSparse() || pool.isSparse())) {
            pool.chooseLeaving();
            next = 0;
            moving = Moving.RUNS;
        }
    }

    private void moveRuns() {
        int nodes = 0;
        for (int i = 0; i < LOOKED_AT && nodes < NODES; i++) {
            int id = runs.nextInUse(next);
            if (id < 0) {
                next = 0;
                moving = Moving.ALIASES;
                return;
            }
            Run run = runs.get(id);
            if (memory.isToLeave(run.slab())) {
                content.pack(run);
                nodes += run.segmentCount();
            }
            next = id + 1;
        }
    }

    private void moveAliases() {
        for (int i = 0; i < LOOKED_AT; i++) {
            next = tables.packAlias(next);
            if (next < 0) {
                next = 0;
                moving = Moving.TABLES;
                return;
            }
        }
    }

    private void moveTable() {
        next = tables.packTable(next);
        if (next < 0) {
            moving = Moving.NOTHING;
            // A pass that could not better anything is not tried again at once.
            nextPass = removals + runs.count() / 4;
        }
    }
}
