package io.kvepp.kvcache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one rank holds, as the events that tell it to an empty index. Told in steps, between which the
/// writer may go on with other ranks.
///
/// Confined to one thread, which keeps the writer away in the constructor, [#isOf] and [#step].
final class RankDump {
    /*
     * Between two steps other ranks' events may split, lengthen, cut and move the nodes this rank
     * holds something of, but what it holds keeps its run and its position there. So those are what
     * is remembered from step to step, and never a node.
     */
    private final Rank rank;
    private final long changes;
    private final IdTable<Run> runs;
    private final Names names;
    private final Holdings holdings;
    private final int[] held;
    private int next;
    private final List<RouterEvent> events = new ArrayList<>();

    /// To be told up to their ends: the last one first, on which those before it depend.
    private final ArrayDeque<Target> untold = new ArrayDeque<>();

    /// By run: the end of what is told of it.
    private final Map<Integer, Integer> toldEnds = new HashMap<>();

    /// By place, names of blocks the rank does not hold, told because what follows needs a parent.
    private final Map<Long, Long> borrowed = new LinkedHashMap<>();

    private final Set<Long> borrowedNames = new HashSet<>();
    private long invented;

    private record Target(int run, int end) {}

    RankDump(Rank rank, IdTable<Run> runs, Names names, Holdings holdings) {
        this.rank = rank;
        changes = rank.changes;
        this.runs = runs;
        this.names = names;
        this.holdings = holdings;
        held = rank.runIds(runs);
    }

    /// Whether this is the rank, and it is as it was.
    boolean isOf(@Nullable Rank now) {
        return now != null && now.equals(rank) && now.changes == changes;
    }

    /// Tells about so many blocks more; true once all are told.
    boolean step(int blocks) {
        int done = 0;
        while (done < blocks) {
            if (!untold.isEmpty()) {
                done += tellNext(untold.getFirst());
            } else if (next < held.length) {
                Run run = runs.get(held[next++]);
                untold.push(new Target(run.id, heldEnd(run)));
                done += run.segmentCount();
            } else {
                removeBorrowed();
                return true;
            }
        }
        return false;
    }

    /// Once all are told.
    List<RouterEvent> events() {
        return events;
    }

    private int heldEnd(Run run) {
        for (int i = run.segmentCount() - 1; i >= 0; i--) {
            Node node = run.segment(i);
            if (node.isHeldBy(rank.slot)) {
                int length = node.length();
                while (tiers(node, length - 1) == 0) {
                    length--;
                }
                return node.from + length;
            }
        }
        return 0;
    }

    /// How many blocks were told.
    private int tellNext(Target target) {
        Run run = runs.get(target.run);
        int from = toldEnd(run);
        if (from >= target.end) {
            untold.pop();
            return 0;
        }
        Node parent = run.segment(0).siblings.parent;
        int parentEnd = parent == null ? 0 : parent.from + parent.length();
        if (from == 0 && parent != null && toldEnd(parent.run) < parentEnd) {
            untold.push(new Target(parent.run.id, parentEnd));
            return 1;
        }
        OptionalLong before = from > 0
                ? OptionalLong.of(nameTold(run, from - 1))
                : parent == null ? OptionalLong.empty() : OptionalLong.of(nameTold(parent.run, parentEnd - 1));
        int to = tellStretch(nodeAt(run, from), from, target.end, before);
        toldEnds.put(run.id, to);
        return to - from;
    }

    private int toldEnd(Run run) {
        return toldEnds.getOrDefault(run.id, 0);
    }

    private static Node nodeAt(Run run, int position) {
        Node node = run.segmentAt(position);
        if (node == null) {
            throw new IllegalStateException("position: " + position + " (expected: below " + run.used() + ")");
        }
        return node;
    }

    private int tiers(Node node, int position) {
        return holdings.tiersOf(node, rank.slot, position);
    }

    /// Blocks of the node's run from `start` on that are held in the same tiers; where they end.
    private int tellStretch(Node node, int start, int end, OptionalLong before) {
        int from = start - node.from;
        int tiers = tiers(node, from);
        if (names.hasFurther(rank, node, from)) {
            tellAllNames(node, from, before);
            return start + 1;
        }
        int most = Math.min(end - node.from, node.length());
        int to = from + 1;
        while (to < most && tiers(node, to) == tiers && !names.hasFurther(rank, node, to)) {
            to++;
        }
        long[] hashes = new long[to - from];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = tiers == 0 ? borrow(node, from + i) : names.anyAt(rank, node, from + i);
        }
        store(tiers == 0 ? 1 << Holdings.DEVICE : tiers, node, from, hashes, before);
        return node.from + to;
    }

    private void tellAllNames(Node node, int position, OptionalLong before) {
        names.allAt(rank, node, position)
                .forEach((name, tiers) -> store(tiers, node, position, new long[] {name}, before));
    }

    private void store(int tiers, Node node, int from, long[] hashes, OptionalLong before) {
        long[] locals = new long[hashes.length];
        System.arraycopy(node.memory, node.base + from, locals, 0, locals.length);
        for (StorageTier tier : StorageTier.values()) {
            if ((tiers & 1 << tier.number()) != 0) {
                add(tier, new KvCacheEvent.Stored(before, hashes, locals));
            }
        }
    }

    private void removeBorrowed() {
        if (!borrowed.isEmpty()) {
            long[] hashes = new ArrayList<>(borrowed.values())
                    .reversed().stream().mapToLong(Long::longValue).toArray();
            add(StorageTier.DEVICE, new KvCacheEvent.Removed(hashes));
        }
    }

    private void add(StorageTier tier, KvCacheEvent event) {
        events.add(new RouterEvent(rank.worker, tier, events.size() + 1L, event));
    }

    /// A name for a block that the rank does not hold, and that it has for no other block.
    private long borrow(Node node, int position) {
        long name = node.run.named ? node.run.name(node.from + position) : ++invented;
        while (names.find(rank, name) != Place.NONE || borrowedNames.contains(name)) {
            name = ++invented;
        }
        borrowed.put(Place.of(node.run.id, node.from + position), name);
        borrowedNames.add(name);
        return name;
    }

    private long nameTold(Run run, int position) {
        Long name = borrowed.get(Place.of(run.id, position));
        Node node = nodeAt(run, position);
        return name == null ? names.anyAt(rank, node, position - node.from) : name;
    }
}
