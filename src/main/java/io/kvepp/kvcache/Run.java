package io.kvepp.kvcache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Consecutive blocks of the prefix tree that were stored together.
///
/// In memory first `capacity` local hashes, then, in a *named* run, as many external ones: what the
/// rank that stored the content calls it, and most others too.
///
/// Confined to the index's writer.
final class Run {
    private static final int BYTES = 48;

    final int id;
    final boolean named;

    private RunMemory.Slab slab;
    private int base;
    private int capacity;
    private int used;

    /// The nodes that its first `used` blocks are divided into.
    private @Nullable Node[] segments = new @Nullable Node[1];

    private int segmentCount;

    /// The names that single ranks have for its blocks, by slot.
    private @Nullable SlotMap<Alias> aliases;

    private boolean awaitsShrinking;

    /// True while a rank that counts its runs has come across it.
    private boolean listed;

    Run(int id, boolean named, RunMemory.Slab slab) {
        this.id = id;
        this.named = named;
        this.slab = slab;
        base = slab.take();
        capacity = named ? slab.size / 2 : slab.size;
    }

    static int longs(int blocks, boolean named) {
        return named ? 2 * blocks : blocks;
    }

    long[] memory() {
        return slab.memory;
    }

    int base() {
        return base;
    }

    RunMemory.Slab slab() {
        return slab;
    }

    int capacity() {
        return capacity;
    }

    int used() {
        return used;
    }

    void setUsed(int blocks) {
        used = blocks;
    }

    /// Of a named run.
    int namesBase() {
        return base + capacity;
    }

    /// Of a named run.
    long name(int position) {
        return slab.memory[base + capacity + position];
    }

    /// Writes blocks behind the used ones, without using them yet.
    void write(long[] locals, long[] names, int start, int count) {
        System.arraycopy(locals, start, slab.memory, base + used, count);
        if (named) {
            System.arraycopy(names, start, slab.memory, base + capacity + used, count);
        }
    }

    /// Goes to other memory; the old one is the caller's to free.
    void moveTo(RunMemory.Slab target) {
        int targetBase = target.take();
        int targetCapacity = named ? target.size / 2 : target.size;
        System.arraycopy(slab.memory, base, target.memory, targetBase, used);
        if (named) {
            System.arraycopy(slab.memory, base + capacity, target.memory, targetBase + targetCapacity, used);
        }
        slab = target;
        base = targetBase;
        capacity = targetCapacity;
    }

    int segmentCount() {
        return segmentCount;
    }

    Node segment(int index) {
        Node segment = segments[index];
        if (segment == null) {
            throw new IllegalStateException("segment: " + index + " (expected: below " + segmentCount + ")");
        }
        return segment;
    }

    /// The node that has the block at `position`; null when no node has it any more.
    @Nullable
    Node segmentAt(int position) {
        if (position >= used) {
            return null;
        }
        int low = 0;
        int high = segmentCount - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segment(middle).from <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return segment(low);
    }

    boolean isLast(Node node) {
        return segmentCount > 0 && segments[segmentCount - 1] == node;
    }

    void addLast(Node node) {
        insert(segmentCount, node);
    }

    void removeLast() {
        segments[--segmentCount] = null;
    }

    void split(Node node, Node head, Node tail) {
        int index = indexOf(node);
        segments[index] = head;
        insert(index + 1, tail);
    }

    void replaceSegment(int index, Node node) {
        segments[index] = node;
    }

    private int indexOf(Node node) {
        for (int i = segmentCount - 1; i >= 0; i--) {
            if (segments[i] == node) {
                return i;
            }
        }
        throw new IllegalStateException("node: not in its run (expected: one of its segments)");
    }

    private void insert(int index, Node node) {
        if (segmentCount == segments.length) {
            segments = Arrays.copyOf(segments, segmentCount + 1 + segmentCount / 2);
        }
        System.arraycopy(segments, index, segments, index + 1, segmentCount - index);
        segments[index] = node;
        segmentCount++;
    }

    @Nullable
    Alias aliases(int slot) {
        return aliases == null ? null : aliases.get(slot);
    }

    void setAliases(int slot, @Nullable Alias first) {
        if (first != null) {
            aliases = aliases == null ? new SlotMap<>() : aliases;
            aliases.put(slot, first);
        } else if (aliases != null) {
            aliases.remove(slot);
            aliases = aliases.isEmpty() ? null : aliases;
        }
    }

    /// The name that one rank has for the block; null when it has none of its own.
    @Nullable
    Alias aliasAt(int slot, int position) {
        for (Alias alias = aliases(slot); alias != null; alias = alias.next) {
            if (alias.isAlive(position - alias.from)) {
                return alias;
            }
        }
        return null;
    }

    /// Of the run and its nodes, without blocks and aliases.
    long heapBytes() {
        long bytes = BYTES + HeapSize.references(segments.length) + (aliases == null ? 0 : aliases.heapBytes());
        for (int i = 0; i < segmentCount; i++) {
            bytes += segment(i).heapBytes();
        }
        return bytes;
    }

    boolean isListed() {
        return listed;
    }

    void setListed(boolean isListed) {
        listed = isListed;
    }

    boolean awaitsShrinking() {
        return awaitsShrinking;
    }

    void setAwaitsShrinking(boolean awaits) {
        awaitsShrinking = awaits;
    }
}
