package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Slot -> how many of the first blocks of a node the rank holds on its device (its *cutoff*).
///
/// Single-writer; [#advance] by any number of readers.
@SuppressWarnings("ReferenceEquality") // the very same object is meant
class Owners {
    /*
     * The first owner is in the object itself and never moves; so a node of one rank needs no array.
     * Others are in `rest`: a small open-addressed table of entries (slot + 1, cutoff), or, once they
     * are a quarter of all slots, an array of cutoffs by slot. rest[0] is the number of owners in it,
     * and of places used; complemented for the dense form. An entry with cutoff 0 is an owner that
     * left; its place is cleaned when the table is rebuilt.
     *
     * Entries change in place; a rebuilt array is published whole.
     */
    static final int CUTOFF_BITS = 11;

    private static final int CUTOFF = (1 << CUTOFF_BITS) - 1;
    private static final int COUNT_BITS = 13;
    private static final int ONE_PLACE = 1 << COUNT_BITS;
    private static final int PLACES_MIN = 4;
    private static final int DENSE_MIN = 16;
    private static final int[] NOBODY = {0};

    private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle FIRST;
    private static final VarHandle REST;

    static {
        try {
            FIRST = MethodHandles.lookup().findVarHandle(Owners.class, "firstOwner", int.class);
            REST = MethodHandles.lookup().findVarHandle(Owners.class, "rest", int[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private int firstOwner;
    private int[] rest = NOBODY;

    /// 0 when the rank holds nothing, or not the first block.
    final int cutoff(int slot) {
        if (firstOwner >>> CUTOFF_BITS == slot + 1) {
            return firstOwner & CUTOFF;
        }
        int[] cells = rest;
        if (cells[0] < 0) {
            return slot + 1 < cells.length ? cells[slot + 1] : 0;
        }
        return cells.length == 1 ? 0 : cells[find(cells, slot)] & CUTOFF;
    }

    /// Brings the owners into the processor's cache.
    final int touch() {
        return firstOwner + rest[0];
    }

    /// @param slotCount slots in use, at least `slot + 1`
    final void setCutoff(int slot, int cutoff, int slotCount) {
        int entry = entry(slot, cutoff);
        if (firstOwner >>> CUTOFF_BITS == slot + 1) {
            FIRST.setRelease(this, cutoff == 0 ? 0 : entry);
        } else if (rest[0] < 0) {
            setDense(slot, cutoff);
        } else {
            setSparse(slot, entry, slotCount);
        }
    }

    private void setSparse(int slot, int entry, int slotCount) {
        int[] cells = rest;
        int place = cells.length == 1 ? 0 : find(cells, slot);
        boolean known = place > 0 && cells[place] != 0;
        if (!known && (entry & CUTOFF) == 0) {
            return;
        }
        if (!known && firstOwner == 0) {
            FIRST.setRelease(this, entry);
            return;
        }
        int owners = owners(cells) + owner(entry) - (known ? owner(cells[place]) : 0);
        if (known) {
            CELLS.setRelease(cells, place, entry);
            cells[0] = cells[0] & -ONE_PLACE | owners;
            if (owners == 0) {
                REST.setRelease(this, NOBODY);
            }
        } else if (owners > Math.max(DENSE_MIN, slotCount / 4)) {
            makeDense(slotCount, owners, entry);
        } else if (4 * ((cells[0] >>> COUNT_BITS) + 1) > 3 * (cells.length - 1)) {
            makeSparse(owners, entry);
        } else {
            cells[0] += ONE_PLACE + 1;
            CELLS.setRelease(cells, place, entry);
        }
    }

    private void setDense(int slot, int cutoff) {
        int[] cells = rest;
        if (slot + 1 >= cells.length) {
            if (cutoff == 0) {
                return;
            }
            cells = Arrays.copyOf(cells, slot + 1 + slot / 8 + 1);
        }
        int owners = ~cells[0] + (cutoff > 0 ? 1 : 0) - (cells[slot + 1] > 0 ? 1 : 0);
        cells[0] = ~owners;
        CELLS.setRelease(cells, slot + 1, cutoff);
        if (cells != rest) {
            REST.setRelease(this, cells);
        } else if (owners < cells.length / 16) {
            makeSparse(owners, 0);
        }
    }

    private void makeDense(int slotCount, int owners, int added) {
        int[] dense = new int[slotCount + 1];
        dense[0] = ~owners;
        int[] cells = rest;
        for (int i = 1; i < cells.length; i++) {
            if ((cells[i] & CUTOFF) > 0) {
                dense[cells[i] >>> CUTOFF_BITS] = cells[i] & CUTOFF;
            }
        }
        dense[added >>> CUTOFF_BITS] = added & CUTOFF;
        REST.setRelease(this, dense);
    }

    /// @param added an entry to add; 0 for none
    private void makeSparse(int owners, int added) {
        int places = PLACES_MIN;
        while (3 * places < 4 * owners) {
            places *= 2;
        }
        int[] sparse = owners == 0 ? NOBODY : new int[places + 1];
        if (owners > 0) {
            sparse[0] = owners << COUNT_BITS | owners;
            if (added != 0) {
                sparse[find(sparse, (added >>> CUTOFF_BITS) - 1)] = added;
            }
            for (int i = 1; i < rest.length; i++) {
                int entry = rest[0] >= 0 ? rest[i] : entry(i - 1, rest[i]);
                if ((entry & CUTOFF) > 0) {
                    sparse[find(sparse, (entry >>> CUTOFF_BITS) - 1)] = entry;
                }
            }
        }
        REST.setRelease(this, sparse);
    }

    private static int owners(int[] cells) {
        return cells[0] & ONE_PLACE - 1;
    }

    private static int entry(int slot, int cutoff) {
        return (slot + 1) << CUTOFF_BITS | cutoff;
    }

    private static int owner(int entry) {
        return (entry & CUTOFF) > 0 ? 1 : 0;
    }

    /// The place of the slot, or the free one where it would go.
    private static int find(int[] cells, int slot) {
        int mask = cells.length - 2;
        int place = slot & mask;
        while (cells[place + 1] != 0 && cells[place + 1] >>> CUTOFF_BITS != slot + 1) {
            place = (place + 1) & mask;
        }
        return place + 1;
    }

    /// Of those that are not in the object itself.
    final long ownersHeapBytes() {
        return rest.length == 1 ? 0 : HeapSize.ints(rest.length);
    }

    /// The highest cutoff, at least 0.
    final int highestCutoff() {
        int highest = firstOwner & CUTOFF;
        int[] cells = rest;
        for (int i = 1; i < cells.length; i++) {
            highest = Math.max(highest, cells[i] & CUTOFF);
        }
        return highest;
    }

    final int countOf(int cutoff) {
        int count = (firstOwner & CUTOFF) == cutoff ? 1 : 0;
        int[] cells = rest;
        for (int i = 1; i < cells.length; i++) {
            count += (cells[i] & CUTOFF) == cutoff ? 1 : 0;
        }
        return count;
    }

    /// The same owners, and from now on those of a node that takes this one's place.
    final void shareOwners(Owners other) {
        firstOwner = other.firstOwner;
        rest = other.rest;
    }

    /// The owners of blocks `from` to `to` of another node, in a node not yet seen by readers.
    final void takeOwners(Owners other, int from, int to, int slotCount) {
        takeOwner(other.firstOwner, from, to, slotCount);
        int[] cells = other.rest;
        if (cells[0] < 0 && takeDense(cells, from, to, slotCount)) {
            return;
        }
        for (int i = 1; i < cells.length; i++) {
            takeOwner(cells[0] < 0 ? entry(i - 1, cells[i]) : cells[i], from, to, slotCount);
        }
    }

    /// False when few owners are left.
    private boolean takeDense(int[] cells, int from, int to, int slotCount) {
        int[] dense = new int[cells.length];
        int owners = 0;
        for (int i = 1; i < cells.length; i++) {
            dense[i] = Math.clamp(cells[i] - from, 0, to - from);
            owners += dense[i] > 0 ? 1 : 0;
        }
        if (owners <= Math.max(DENSE_MIN, slotCount / 4)) {
            return false;
        }
        dense[0] = ~owners;
        rest = dense;
        return true;
    }

    private void takeOwner(int entry, int from, int to, int slotCount) {
        int cutoff = Math.clamp((entry & CUTOFF) - from, 0, to - from);
        if (cutoff > 0) {
            setCutoff((entry >>> CUTOFF_BITS) - 1, cutoff, slotCount);
        }
    }

    /// One step of a lookup: of the first `matched` blocks of this node, adds to `lengths` those
    /// that each rank holds, if it held all `base` blocks before. How many ranks hold them all.
    final int advance(int[] lengths, int base, int matched) {
        int first = (int) FIRST.getAcquire(this);
        int[] cells = (int[]) REST.getAcquire(this);
        int all = cells.length == 1
                ? 0
                : cells[0] < 0
                        ? advanceDense(cells, lengths, base, matched)
                        : advanceSparse(cells, lengths, base, matched);
        return all + advanceOne(first, lengths, base, matched);
    }

    private static int advanceSparse(int[] cells, int[] lengths, int base, int matched) {
        int all = 0;
        for (int i = 1; i < cells.length; i++) {
            all += advanceOne((int) CELLS.getAcquire(cells, i), lengths, base, matched);
        }
        return all;
    }

    private static int advanceOne(int entry, int[] lengths, int base, int matched) {
        int slot = (entry >>> CUTOFF_BITS) - 1;
        int held = Math.min(entry & CUTOFF, matched);
        if (held > 0 && slot < lengths.length && lengths[slot] == base) {
            lengths[slot] = base + held;
            return held == matched ? 1 : 0;
        }
        return 0;
    }

    /// Without branches, so that it becomes vector code.
    private static int advanceDense(int[] cells, int[] lengths, int base, int matched) {
        int count = Math.min(lengths.length, cells.length - 1);
        int all = 0;
        for (int i = 0; i < count; i++) {
            int held = Math.min(cells[i + 1], matched);
            int active = ((lengths[i] ^ base) - 1) >> 31;
            int added = held & active;
            lengths[i] += added;
            all += active & (((held ^ matched) - 1) >>> 31);
        }
        return all;
    }
}
