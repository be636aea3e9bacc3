package io.kvepp.kvcache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One look at the tree. What it finds counts only if no step of the [Phase] came between.
///
/// Confined to one thread.
final class Lookup {
    /// The first `matched` blocks of the node go on a prompt that matched for `base` blocks.
    record Step(Node node, int base, int matched) {}

    private static final int[] EMPTY = {};
    private static final int HOST_PINNED = StorageTier.HOST_PINNED.number();
    private static final int DISK = StorageTier.DISK.number();
    private static final int EXTERNAL = StorageTier.EXTERNAL.number();

    private final Kids prompts;
    private final Holdings holdings;
    private final ScoreArrays arrays;
    private final long[] local;
    private boolean lowerTiers;

    Lookup(Content content, Holdings holdings, ScoreArrays arrays, long[] local) {
        prompts = content.prompts();
        this.holdings = holdings;
        this.arrays = arrays;
        this.local = local;
    }

    /// Null when the node changed under the reader, who must start again.
    @Nullable
    OverlapScores find(boolean earlyExit) {
        lowerTiers = holdings.hasLowerTiers();
        int[] device = arrays.zeroed(holdings.slotCount());
        if (!findDevice(device, earlyExit)) {
            arrays.giveBack(device);
            return null;
        }
        // Asked again: a block that left the device for another tier meanwhile is in that one by now.
        lowerTiers |= holdings.hasLowerTiers();
        if (!lowerTiers) {
            return new OverlapScores(device, EMPTY, EMPTY);
        }
        List<Step> path = path();
        if (path == null) {
            arrays.giveBack(device);
            return null;
        }
        return findBelow(device, path);
    }

    private OverlapScores findBelow(int[] device, List<Step> path) {
        int[] ends = arrays.zeroed(device.length);
        System.arraycopy(device, 0, ends, 0, device.length);
        int[] hostPinned = arrays.zeroed(device.length);
        int[] disk = arrays.zeroed(device.length);
        goOn(path, HOST_PINNED, ends, hostPinned);
        goOn(path, DISK, ends, disk);
        goOn(path, EXTERNAL, ends, disk);
        arrays.giveBack(ends);
        return new OverlapScores(device, hostPinned, disk);
    }

    /// Whether the last [#find] looked at more than one tier.
    boolean lookedAtLowerTiers() {
        return lowerTiers;
    }

    /// False when a node changed under the reader.
    private boolean findDevice(int[] lengths, boolean earlyExit) {
        int base = 0;
        int lengthMin = local.length;
        Kids kids = prompts;
        while (base < lengthMin) {
            Node node = kids.find(local[base]);
            if (node == null) {
                return true;
            }
            int length = node.length();
            int matched = commonBlocks(node, base, length);
            int going = node.advance(lengths, base, matched);
            Kids next = node.kids();
            if (matched < length || going == 0 || next == null || earlyExit && going == 1) {
                return true;
            }
            base += length;
            kids = next;
            // Kids follow the node's last block. If it got longer meanwhile, they may be of later blocks.
            if (base < lengthMin && node.length() != length) {
                return false;
            }
        }
        return true;
    }

    private int commonBlocks(Node node, int base, int length) {
        int count = Math.min(length, local.length - base);
        int different = Arrays.mismatch(local, base, base + count, node.memory, node.base, node.base + count);
        return different < 0 ? count : different;
    }

    /// All nodes with blocks of the prompt; null when one changed under the reader.
    @Nullable
    List<Step> path() {
        List<Step> path = new ArrayList<>();
        int base = 0;
        Kids kids = prompts;
        while (kids != null && base < local.length) {
            Node node = kids.find(local[base]);
            if (node == null) {
                return path;
            }
            int length = node.length();
            int matched = commonBlocks(node, base, length);
            path.add(new Step(node, base, matched));
            if (matched < length) {
                return path;
            }
            kids = node.kids();
            base += length;
            if (kids != null && node.length() != length) {
                return null;
            }
        }
        return path;
    }

    /// Adds to `blocks` and `ends` what each rank holds in the tier from `ends` on.
    private static void goOn(List<Step> path, int tier, int[] ends, int[] blocks) {
        for (Step step : path) {
            SlotMap<long[]> owners = step.node.lower(tier);
            if (owners == null) {
                continue;
            }
            SlotMap.Table table = owners.table();
            for (int place = 0; place < table.places(); place++) {
                int slot = table.slotAt(place);
                long @Nullable [] bits =
                        slot < 0 || slot >= Math.min(ends.length, blocks.length) ? null : owners.valueAt(table, place);
                int from = bits == null ? -1 : ends[slot] - step.base;
                if (bits != null && from >= 0 && from < step.matched) {
                    int held = Bits.runLength(bits, from, step.matched);
                    ends[slot] += held;
                    blocks[slot] += held;
                }
            }
        }
    }
}
