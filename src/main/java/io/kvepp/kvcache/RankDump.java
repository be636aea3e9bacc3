package io.kvepp.kvcache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// What one rank holds, as the events that tell it to an empty index.
///
/// Confined to the thread that keeps the writer away.
final class RankDump {
    private final Rank rank;
    private final IdTable<Run> runs;
    private final Names names;
    private final Holdings holdings;
    private final List<RouterEvent> events = new ArrayList<>();

    /// Nodes on the way to others of which the rank holds something.
    private final Set<Node> passed = Collections.newSetFromMap(new IdentityHashMap<>());

    /// The name of the last block of each node told.
    private final IdentityHashMap<Node, Long> told = new IdentityHashMap<>();

    /// Names of blocks the rank does not hold, told because what follows needs a parent.
    private final List<Long> borrowed = new ArrayList<>();

    private final Set<Long> borrowedNames = new HashSet<>();
    private long invented;

    RankDump(Rank rank, IdTable<Run> runs, Names names, Holdings holdings) {
        this.rank = rank;
        this.runs = runs;
        this.names = names;
        this.holdings = holdings;
    }

    /// Called once.
    List<RouterEvent> events() {
        List<Node> held = new ArrayList<>();
        for (int id : rank.runIds(runs)) {
            Run run = runs.get(id);
            for (int i = 0; i < run.segmentCount(); i++) {
                Node node = run.segment(i);
                if (node.isHeldBy(rank.slot)) {
                    held.add(node);
                    passAncestors(node);
                }
            }
        }
        held.forEach(this::tellWithAncestors);
        if (!borrowed.isEmpty()) {
            long[] hashes =
                    borrowed.reversed().stream().mapToLong(Long::longValue).toArray();
            add(StorageTier.DEVICE, new KvCacheEvent.Removed(hashes));
        }
        return events;
    }

    private void passAncestors(Node node) {
        Node at = node.siblings.parent;
        while (at != null && passed.add(at)) {
            at = at.siblings.parent;
        }
    }

    private void tellWithAncestors(Node node) {
        ArrayDeque<Node> untold = new ArrayDeque<>();
        for (Node at = node; at != null && !told.containsKey(at); at = at.siblings.parent) {
            untold.push(at);
        }
        untold.forEach(this::tell);
    }

    private void tell(Node node) {
        Node parent = node.siblings.parent;
        Long parentName = parent == null ? null : told.get(parent);
        OptionalLong before = parentName == null ? OptionalLong.empty() : OptionalLong.of(parentName);
        int end = passed.contains(node) ? node.length() : heldLength(node);
        for (int from = 0; from < end; ) {
            int to = tellStretch(node, from, end, before);
            before = OptionalLong.of(nameTold(node, to - 1));
            from = to;
        }
        told.put(node, before.orElseThrow());
    }

    private int heldLength(Node node) {
        int length = node.length();
        while (tiers(node, length - 1) == 0) {
            length--;
        }
        return length;
    }

    private int tiers(Node node, int position) {
        return holdings.tiersOf(node, rank.slot, position);
    }

    /// Blocks from `from` on that are held in the same tiers; where they end.
    private int tellStretch(Node node, int from, int end, OptionalLong before) {
        int tiers = tiers(node, from);
        if (names.hasFurther(rank, node, from)) {
            tellAllNames(node, from, before);
            return from + 1;
        }
        int to = from + 1;
        while (to < end && tiers(node, to) == tiers && !names.hasFurther(rank, node, to)) {
            to++;
        }
        long[] hashes = new long[to - from];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = tiers == 0 ? borrow(node, from + i) : names.anyAt(rank, node, from + i);
        }
        store(tiers == 0 ? 1 << Holdings.DEVICE : tiers, node, from, hashes, before);
        return to;
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

    private void add(StorageTier tier, KvCacheEvent event) {
        events.add(new RouterEvent(rank.worker, tier, events.size() + 1L, event));
    }

    /// A name for a block that the rank does not hold, and that it has for no other block.
    private long borrow(Node node, int position) {
        long name = node.run.named ? node.run.name(node.from + position) : ++invented;
        while (names.find(rank, name) != Place.NONE || borrowedNames.contains(name)) {
            name = ++invented;
        }
        borrowed.add(name);
        borrowedNames.add(name);
        return name;
    }

    private long nameTold(Node node, int position) {
        if (tiers(node, position) == 0) {
            return borrowed.getLast();
        }
        return names.anyAt(rank, node, position);
    }
}
