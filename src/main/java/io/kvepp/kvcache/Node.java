package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// A stretch of blocks of a [Run] that no other sequence leaves in its middle, and who holds them.
///
/// Its blocks are those of the run from `from` on; their local hashes start at `memory[base]`.
///
/// Single-writer; readers use [#length], [#kids], [#lower], [#advance] and what is final.
final class Node extends Owners {
    private static final VarHandle LENGTH;
    private static final VarHandle KIDS;
    private static final VarHandle TIERS;
    private static final VarHandle TIER = MethodHandles.arrayElementVarHandle(SlotMap[].class);

    static {
        try {
            LENGTH = MethodHandles.lookup().findVarHandle(Node.class, "length", int.class);
            KIDS = MethodHandles.lookup().findVarHandle(Node.class, "kids", Kids.class);
            TIERS = MethodHandles.lookup().findVarHandle(Node.class, "tiers", SlotMap[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int BYTES = 64;

    final long firstLocal;
    final long[] memory;
    final int base;
    final int from;
    final Run run;

    /// Those it is one of.
    final Kids siblings;

    private int length;
    private @Nullable Kids kids;

    /// By tier. Device: all blocks of ranks that hold some behind their cutoff, for the writer only.
    private @Nullable SlotMap<long[]> @Nullable [] tiers;

    /// Ranks with a cutoff of `length`.
    private int whole;

    Node(Run run, int from, int length, Kids siblings) {
        this.run = run;
        this.from = from;
        this.length = length;
        this.siblings = siblings;
        memory = run.memory();
        base = run.base() + from;
        firstLocal = memory[base];
    }

    int length() {
        return (int) LENGTH.getAcquire(this);
    }

    @Nullable
    Kids kids() {
        return (Kids) KIDS.getAcquire(this);
    }

    void setKids(@Nullable Kids kids) {
        KIDS.setRelease(this, kids);
    }

    /// The owners of a lower tier, each with a bitmap of what it holds.
    @SuppressWarnings("unchecked")
    @Nullable
    SlotMap<long[]> lower(int tier) {
        @Nullable SlotMap<long[]>[] all = (SlotMap<long[]>[]) TIERS.getAcquire(this);
        return all == null ? null : (SlotMap<long[]>) TIER.getAcquire(all, tier);
    }

    /// Readers may see blocks of the memory from now on that were written before.
    void extend(int blocks) {
        LENGTH.setRelease(this, length + blocks);
        whole = 0;
    }

    void shorten(int blocks) {
        LENGTH.setRelease(this, blocks);
        whole = countOf(blocks);
    }

    void setCutoff(int slot, int before, int after, int slotCount) {
        whole += (after == length ? 1 : 0) - (before == length ? 1 : 0);
        setCutoff(slot, after, slotCount);
    }

    /// One more than the last position that anybody holds in any tier.
    int liveLength() {
        if (whole > 0) {
            return length;
        }
        int live = highestCutoff();
        if (tiers != null) {
            for (SlotMap<long[]> tier : tiers) {
                live = tier == null ? live : Math.max(live, liveLength(tier));
            }
        }
        return live;
    }

    private static int liveLength(SlotMap<long[]> tier) {
        int live = 0;
        SlotMap.Table table = tier.table();
        for (int place = 0; place < table.places(); place++) {
            long @Nullable [] bits = tier.valueAt(table, place);
            live = bits == null ? live : Math.max(live, Bits.length(bits));
        }
        return live;
    }

    /// The bitmap of the rank in the tier; [Bits#NONE] when it has none.
    long[] bits(int tier, int slot) {
        SlotMap<long[]> owners = tiers == null ? null : tiers[tier];
        long @Nullable [] bits = owners == null ? null : owners.get(slot);
        return bits == null ? Bits.NONE : bits;
    }

    boolean hasBits() {
        return tiers != null;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    void setBits(int tier, int slot, long[] bits) {
        @Nullable SlotMap<long[]>[] all = tiers;
        if (all == null) {
            all = new SlotMap[StorageTier.COUNT];
            TIERS.setRelease(this, all);
        }
        SlotMap<long[]> owners = all[tier];
        if (owners == null) {
            owners = new SlotMap<>();
            TIER.setRelease(all, tier, owners);
        }
        owners.put(slot, bits);
    }

    void dropBits(int tier, int slot) {
        SlotMap<long[]> owners = tiers == null ? null : tiers[tier];
        if (tiers == null || owners == null) {
            return;
        }
        owners.remove(slot);
        if (owners.isEmpty()) {
            TIER.setRelease(tiers, tier, null);
            for (SlotMap<long[]> other : tiers) {
                if (other != null) {
                    return;
                }
            }
            TIERS.setRelease(this, null);
        }
    }

    /// Whether the rank holds any of the blocks in any tier.
    boolean isHeldBy(int slot) {
        return cutoff(slot) > 0 || hasBitsOf(slot);
    }

    /// Whether there is a bitmap of the rank in any tier.
    boolean hasBitsOf(int slot) {
        if (tiers != null) {
            for (SlotMap<long[]> tier : tiers) {
                if (tier != null && tier.get(slot) != null) {
                    return true;
                }
            }
        }
        return false;
    }

    /// This node with the blocks from `start` to `end` only; not yet seen by readers.
    Node part(int start, int end, Kids partSiblings, int slotCount) {
        Node part = new Node(run, from + start, end - start, partSiblings);
        part.takeOwners(this, start, end, slotCount);
        if (tiers != null) {
            for (int tier = 0; tier < tiers.length; tier++) {
                SlotMap<long[]> owners = tiers[tier];
                if (owners != null) {
                    part.takeBits(tier, owners, start, slotCount);
                }
            }
        }
        part.whole = part.countOf(end - start);
        return part;
    }

    private void takeBits(int tier, SlotMap<long[]> owners, int start, int slotCount) {
        SlotMap.Table table = owners.table();
        for (int place = 0; place < table.places(); place++) {
            long @Nullable [] bits = owners.valueAt(table, place);
            if (bits == null) {
                continue;
            }
            long[] slice = Bits.slice(bits, start, start + length);
            int slot = table.slotAt(place);
            int held = Bits.count(slice);
            if (tier == Holdings.DEVICE) {
                int cutoff = Bits.runLength(slice, 0, length);
                setCutoff(slot, cutoff, slotCount);
                held -= cutoff;
            }
            if (held > 0) {
                setBits(tier, slot, slice);
            }
        }
    }

    /// Of the node, its owners and its kids' table.
    long heapBytes() {
        long bytes = BYTES + ownersHeapBytes() + (kids == null ? 0 : kids.heapBytes());
        if (tiers != null) {
            bytes += HeapSize.references(tiers.length);
            for (SlotMap<long[]> tier : tiers) {
                bytes += tier == null ? 0 : bitsHeapBytes(tier);
            }
        }
        return bytes;
    }

    private static long bitsHeapBytes(SlotMap<long[]> tier) {
        long bytes = tier.heapBytes();
        SlotMap.Table table = tier.table();
        for (int place = 0; place < table.places(); place++) {
            long @Nullable [] bits = tier.valueAt(table, place);
            bytes += bits == null ? 0 : HeapSize.longs(bits.length);
        }
        return bytes;
    }

    /// This node over the memory its run has now, with the same owners and kids.
    Node moved() {
        Node moved = new Node(run, from, length, siblings);
        moved.shareOwners(this);
        moved.kids = kids;
        moved.tiers = tiers;
        moved.whole = whole;
        return moved;
    }
}
