package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Tells a reader whether what it saw can have been one state.
///
/// Single-writer; [#now] and [#isStill] by any number of readers.
final class Phase {
    /*
     * Why one number is enough
     * ------------------------
     * The number goes up before the first store that follows a removal. Between two steps the writer
     * first only stores and then only removes, so who holds what only grows and then only shrinks:
     * everything that a reader saw held was held together at the turn. A reader that saw anything of
     * a later store also sees the number of that store, because the number was written before (fence
     * in `beforeStore`) and is read after (fence in `isStill`). It then starts again.
     *
     * For the same reason memory that a removal freed may be written again right after a step, and
     * only then: RunMemory keeps it until `recycle`.
     */
    private static final VarHandle NUMBER;

    static {
        try {
            NUMBER = MethodHandles.lookup().findVarHandle(Phase.class, "number", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Freed arrays from which on the number goes up without a removal, so that they can be used.
    private static final int FREED_MAX = 1024;

    private final RunMemory memory;
    private long number;
    private boolean removed;

    Phase(RunMemory memory) {
        this.memory = memory;
    }

    void beforeStore() {
        if (removed || memory.freed() > FREED_MAX) {
            removed = false;
            NUMBER.setRelease(this, number + 1);
            VarHandle.storeStoreFence();
            memory.recycle();
        }
    }

    void removed() {
        removed = true;
    }

    long now() {
        return (long) NUMBER.getAcquire(this);
    }

    boolean isStill(long before) {
        VarHandle.acquireFence();
        return (long) NUMBER.getOpaque(this) == before;
    }
}
