package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Tells a reader whether what it saw can have been one state.
///
/// Single-writer; [#now], [#isSameTurn] and [#isSame] by any number of readers.
class Phase {
    /*
     * Why one number is enough
     * ------------------------
     * The number is even while the writer stores and odd while it removes. In a turn, that is an even
     * number and the odd one after it, the writer first only stores and then only removes, so who
     * holds what in a tier only grows and then only shrinks: everything that a reader saw held was
     * held together when the number became odd. A reader that saw anything of a later store also sees
     * that store's number, because the number was written before (fence in `beforeStore`) and is read
     * after (fence in `isSameTurn`). It then starts again.
     *
     * A reader comes to a rank's blocks in their order. So of two removals in a turn it may see the
     * later one alone if that is of blocks behind the earlier one's, and what it then counts never
     * was. A removal below one of the same turn (`Removals`) therefore begins a turn. What a rank
     * loses as a whole would be such a case many times: its slot is told with the number instead,
     * and counts as empty from the beginning.
     *
     * What a rank moves from one tier to the other may be missed in both within a turn; who looks at
     * several tiers asks for the very same number.
     *
     * For the same reason memory that was freed may be written again in the turns after, and only
     * then: RunMemory keeps it so long. When there is much of it a turn begins early.
     */
    static final int NOBODY = -1;

    private static final VarHandle NUMBER;
    private static final VarHandle CLEARED;

    static {
        try {
            NUMBER = MethodHandles.lookup().findVarHandle(Phase.class, "number", long.class);
            CLEARED = MethodHandles.lookup().findVarHandle(Phase.class, "clearedSlot", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Freed arrays from which on a turn ends by itself, so that they can be used.
    private static final int FREED_MAX = 1024;

    /// Freed arrays that are taken back with each event, so that no event waits for many.
    private static final int RECYCLED_PER_EVENT = 128;

    private final RunMemory memory;
    private long number;

    /// Written before the number of the turn, so a reader with that number sees it.
    private int clearedSlot = NOBODY;

    Phase(RunMemory memory) {
        this.memory = memory;
    }

    void beforeStore() {
        boolean removing = (number & 1) != 0;
        if (removing || memory.freedInTurn() > FREED_MAX) {
            beginTurn(number + (removing ? 1 : 2), NOBODY);
        }
        memory.recycle(RECYCLED_PER_EVENT);
    }

    void beforeRemoval() {
        if ((number & 1) == 0) {
            NUMBER.setRelease(this, number + 1);
            VarHandle.storeStoreFence();
        } else if (memory.freedInTurn() > FREED_MAX) {
            beginTurn(number + 2, NOBODY);
        }
        memory.recycle(RECYCLED_PER_EVENT);
    }

    /// Between removals: those before and those to come are not seen one without the other.
    void betweenRemovals() {
        beginTurn(number + 2, NOBODY);
    }

    /// A removal of all that the rank in the slot holds, at once for readers.
    void beforeClear(int slot) {
        beginTurn((number | 1) + 2, slot);
        memory.recycle(RECYCLED_PER_EVENT);
    }

    private void beginTurn(long next, int cleared) {
        if (cleared != clearedSlot) {
            CLEARED.setRelease(this, cleared);
        }
        NUMBER.setRelease(this, next);
        VarHandle.storeStoreFence();
        memory.beginTurn();
    }

    /// Differs from turn to turn.
    long turn() {
        return number >>> 1;
    }

    /// The slot of the rank that loses everything in this turn, to be asked for after [#now] and
    /// before the look; or [#NOBODY].
    int clearedSlot() {
        return (int) CLEARED.getAcquire(this);
    }

    long now() {
        return (long) NUMBER.getAcquire(this);
    }

    /// Whether nothing was stored after a removal since the number was `before`.
    boolean isSameTurn(long before) {
        VarHandle.acquireFence();
        return (long) NUMBER.getOpaque(this) >>> 1 == before >>> 1;
    }

    /// Whether there were only stores, or only removals, since the number was `before`.
    boolean isSame(long before) {
        VarHandle.acquireFence();
        return (long) NUMBER.getOpaque(this) == before;
    }
}
