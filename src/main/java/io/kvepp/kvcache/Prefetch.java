package io.kvepp.kvcache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Brings what events will be about into the processor's cache.
///
/// Confined to the index's writer.
final class Prefetch {
    /*
     * From a hash to the blocks it stands for a look goes from one cold line to the next: line of the
     * table, run, node, owners, hashes. One event waits for each of them. Several events that take the
     * same step together wait once.
     *
     * What is found is not kept: an event may change what the next one finds.
     */
    private final IdTable<Run> runs;
    private final NameTables tables;
    private final long[] names = new long[NameTables.AHEAD];
    private final @Nullable Run[] runsFound = new @Nullable Run[NameTables.AHEAD];
    private final @Nullable Node[] nodesFound = new @Nullable Node[NameTables.AHEAD];
    private final int[] positions = new int[NameTables.AHEAD];

    @SuppressWarnings("UnusedVariable") // written so that the loads before it are not left out
    private long touched;

    Prefetch(IdTable<Run> runs, NameTables tables) {
        this.runs = runs;
        this.tables = tables;
    }

    /// As far as there are not more than [NameTables#AHEAD].
    void touch(List<RouterEvent> events) {
        int count = 0;
        int end = Math.min(events.size(), NameTables.AHEAD);
        for (int i = 0; i < end; i++) {
            switch (events.get(i).event()) {
                case KvCacheEvent.Stored(var parent, var _, var _) -> {
                    if (parent.isPresent()) {
                        names[count++] = parent.getAsLong();
                    }
                }
                case KvCacheEvent.Removed(var hashes) -> {
                    if (hashes.length > 0) {
                        names[count++] = hashes[0];
                    }
                }
                case KvCacheEvent.Cleared() -> {}
            }
        }
        tables.touch(names, 0, count);
        touched += touchRuns(count) + touchNodes(count) + touchOwners(count);
    }

    private long touchRuns(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long place = tables.likely(i);
            Run run = place == Place.NONE || Place.isOfAlias(place) ? null : runs.find(Place.id(place));
            runsFound[i] = run;
            positions[i] = Place.position(place);
            sum += run == null ? 0 : run.used();
        }
        return sum;
    }

    private long touchNodes(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            Run run = runsFound[i];
            Node node = run == null ? null : run.segmentAt(positions[i]);
            nodesFound[i] = node;
            if (run != null && node != null) {
                sum += node.from + run.memory()[run.base() + positions[i]];
                sum += run.named ? run.name(positions[i]) : 0;
            }
        }
        return sum;
    }

    private long touchOwners(int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            Node node = nodesFound[i];
            sum += node == null ? 0 : node.touch();
            runsFound[i] = null;
            nodesFound[i] = null;
        }
        return sum;
    }
}
