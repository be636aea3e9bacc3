package io.kvepp.kvcache;

import org.jspecify.annotations.Nullable;

/// What one rank calls consecutive blocks of a run, where that is not what the run calls them.
///
/// A name is alive as long as the rank holds the block by it.
///
/// Confined to the index's writer.
final class Alias {
    final int id;
    final int slot;
    final Run run;
    final int from;

    @Nullable
    Alias next;

    private RunMemory.Slab slab;
    private int base;
    private int length;
    private int living;
    private long[] alive;

    Alias(int id, int slot, Run run, int from, RunMemory.Slab slab) {
        this.id = id;
        this.slot = slot;
        this.run = run;
        this.from = from;
        this.slab = slab;
        base = slab.take();
        alive = new long[(slab.size + 63) >>> 6];
    }

    RunMemory.Slab slab() {
        return slab;
    }

    int base() {
        return base;
    }

    /// Goes to other memory of the same size; the old one is the caller's to free.
    void moveTo(RunMemory.Slab target) {
        int targetBase = target.take();
        System.arraycopy(slab.memory, base, target.memory, targetBase, length);
        slab = target;
        base = targetBase;
    }

    long name(int index) {
        return slab.memory[base + index];
    }

    int length() {
        return length;
    }

    boolean isAlive(int index) {
        return index >= 0 && index < length && Bits.get(alive, index);
    }

    boolean isDead() {
        return living == 0;
    }

    /// Whether a name can be put there: the place of a dead one, or the next.
    boolean hasRoomAt(int index) {
        return index >= 0 && index <= length && index < slab.size && !Bits.get(alive, index);
    }

    void put(int index, long name) {
        slab.memory[base + index] = name;
        length = Math.max(length, index + 1);
        living += Bits.set(alive, index, 1);
    }

    void kill(int index) {
        living -= Bits.clear(alive, index, 1);
        if (index == length - 1) {
            length = Bits.length(alive);
        }
    }
}
