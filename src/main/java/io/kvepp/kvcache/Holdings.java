package io.kvepp.kvcache;

/// Who holds which blocks, in which tier; names are not looked at.
///
/// Confined to the index's writer; what it changes in nodes is seen by readers.
@SuppressWarnings("ReferenceEquality") // the very same object is meant
final class Holdings {
    static final int DEVICE = StorageTier.DEVICE.number();

    private static final int TIERS = StorageTier.COUNT;

    private final IdTable<Run> runs;
    private final long[] held = new long[TIERS];

    /// One more than the highest slot that ever held anything.
    private volatile int slotCount;

    /// Whether any tier but the first has blocks.
    private volatile boolean lowerTiers;

    Holdings(IdTable<Run> runs) {
        this.runs = runs;
    }

    int slotCount() {
        return slotCount;
    }

    boolean hasLowerTiers() {
        return lowerTiers;
    }

    long held(int tier) {
        return held[tier];
    }

    /// How many of the blocks the rank did not hold in the tier before.
    int cover(Rank rank, int tier, Node node, int from, int count) {
        int cutoff = node.cutoff(rank.slot);
        if (cutoff == 0 && !node.hasBitsOf(rank.slot)) {
            rank.addRun(node.run, runs);
        }
        if (rank.slot >= slotCount) {
            slotCount = rank.slot + 1;
        }
        int added;
        if (tier == DEVICE) {
            added = coverDevice(rank.slot, cutoff, node, from, count);
        } else {
            if (!lowerTiers) {
                lowerTiers = true;
            }
            long[] bits = node.bits(tier, rank.slot);
            long[] roomy = Bits.withRoom(bits, from + count);
            added = Bits.set(roomy, from, count);
            if (roomy != bits) {
                node.setBits(tier, rank.slot, roomy);
            }
        }
        held[tier] += added;
        return added;
    }

    private int coverDevice(int slot, int cutoff, Node node, int from, int count) {
        long[] bits = node.hasBits() ? node.bits(DEVICE, slot) : Bits.NONE;
        if (bits.length == 0 && from <= cutoff) {
            int added = Math.max(0, from + count - cutoff);
            if (added > 0) {
                node.setCutoff(slot, cutoff, from + count, slotCount);
            }
            return added;
        }
        long[] roomy = Bits.withRoom(bits, Math.max(cutoff, from + count));
        if (bits.length == 0 && cutoff > 0) {
            Bits.set(roomy, 0, cutoff);
        }
        int added = Bits.set(roomy, from, count);
        if (roomy != bits) {
            node.setBits(DEVICE, slot, roomy);
        }
        settleDevice(slot, node, roomy);
        return added;
    }

    /// How many of the blocks the rank held in the tier.
    int uncover(Rank rank, int tier, Node node, int from, int count) {
        int removed;
        if (tier == DEVICE) {
            removed = uncoverDevice(rank.slot, node, from, count);
        } else {
            long[] bits = node.bits(tier, rank.slot);
            removed = Bits.clear(bits, from, count);
            if (removed > 0 && Bits.length(bits) == 0) {
                node.dropBits(tier, rank.slot);
            }
        }
        held[tier] -= removed;
        if (tier != DEVICE && lowerTiers && held[1] + held[2] + held[3] == 0) {
            lowerTiers = false;
        }
        return removed;
    }

    /// Whether the rank held anything of the node.
    boolean uncoverAll(Rank rank, Node node) {
        int removed = 0;
        for (int tier = 0; tier < TIERS; tier++) {
            removed += uncover(rank, tier, node, 0, node.length());
        }
        return removed > 0;
    }

    private int uncoverDevice(int slot, Node node, int from, int count) {
        int cutoff = node.cutoff(slot);
        long[] bits = node.hasBits() ? node.bits(DEVICE, slot) : Bits.NONE;
        if (bits.length == 0) {
            if (from >= cutoff) {
                return 0;
            }
            if (from + count >= cutoff) {
                node.setCutoff(slot, cutoff, from, slotCount);
                return cutoff - from;
            }
            bits = Bits.withRoom(bits, cutoff);
            Bits.set(bits, 0, cutoff);
            node.setBits(DEVICE, slot, bits);
        }
        int removed = Bits.clear(bits, from, count);
        settleDevice(slot, node, bits);
        return removed;
    }

    /// The cutoff becomes what the bits say; they go when they say nothing else.
    private void settleDevice(int slot, Node node, long[] bits) {
        int before = node.cutoff(slot);
        int cutoff = Bits.runLength(bits, 0, node.length());
        if (cutoff != before) {
            node.setCutoff(slot, before, cutoff, slotCount);
        }
        if (Bits.length(bits) == cutoff) {
            node.dropBits(DEVICE, slot);
        }
    }

    /// The tiers in which the rank holds the block, as a set of bits.
    int tiersOf(Node node, int slot, int position) {
        int tiers = node.cutoff(slot) > position ? 1 << DEVICE : 0;
        if (node.hasBits()) {
            for (int tier = 0; tier < TIERS; tier++) {
                if (Bits.get(node.bits(tier, slot), position)) {
                    tiers |= 1 << tier;
                }
            }
        }
        return tiers;
    }

    /// Whether the rank holds a prefix of the node's blocks in the first tier, and nothing else.
    boolean isPrefix(Node node, int slot) {
        if (!node.hasBits()) {
            return true;
        }
        for (int tier = 0; tier < TIERS; tier++) {
            if (node.bits(tier, slot).length > 0) {
                return false;
            }
        }
        return true;
    }
}
