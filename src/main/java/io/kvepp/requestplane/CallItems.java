package io.kvepp.requestplane;

import io.kvepp.requestplane.ItemStream.Taker;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The items of an answer between the loop of its connection and whoever reads them, in one of two
/// ways: they wait for a thread that asks, or are given to a taker on the loop. While many wait, or
/// the taker does, the connection is not read.
///
/// [#next] is confined to one thread at a time; [#put], [#complete] and [#giveTo] to the loop; the
/// rest is for any thread.
final class CallItems {
    private static final int WAITING_BYTES_MAX = 64 << 10;
    private static final int ITEM_BYTES = 32;
    private static final long NOBODY_WAITS = Long.MIN_VALUE;

    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<byte[]> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean paused;
    private boolean complete;
    private @Nullable RequestPlaneException failure;
    private @Nullable Source source;
    private volatile @Nullable Taking taking;
    private volatile long waitingSince = NOBODY_WAITS;

    /// What items come from.
    interface Source {
        /// Runs `task` on the loop, at once when this is it, or when it has ended.
        void execute(Runnable task);

        /// For the loop alone, as is [#resume].
        void pause();

        void resume();
    }

    /// Who takes the items; `end` completes behind the last. Confined to the loop.
    private static final class Taking {
        private final Taker taker;
        private final CompletableFuture<Void> end;
        private boolean waitsForRoom;

        Taking(Taker taker, CompletableFuture<Void> end) {
            this.taker = taker;
            this.end = end;
        }
    }

    CallItems(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void comeFrom(Source from) {
        lock.lock();
        try {
            source = from;
        } finally {
            lock.unlock();
        }
    }

    /// Whether somebody waits in vain for so long.
    boolean isSilent(long nowNanos, long nanosMax) {
        long since = waitingSince;
        return since != NOBODY_WAITS && nowNanos - since > nanosMax;
    }

    void put(byte[] item) {
        lock.lock();
        try {
            waiting.add(item);
            waitingBytes += item.length + ITEM_BYTES;
            changed.signal();
        } finally {
            lock.unlock();
        }
        give();
        pauseWhenFull();
    }

    /// No more will come.
    void complete() {
        lock.lock();
        try {
            complete = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        give();
    }

    /// What was put before can be read, unless `atOnce`. Only the first end counts.
    void fail(RequestPlaneException failed, boolean atOnce) {
        @Nullable Source from;
        lock.lock();
        try {
            if (failure == null && !complete) {
                failure = failed;
            }
            if (atOnce) {
                waiting.clear();
                waitingBytes = 0;
            }
            from = source;
            changed.signal();
        } finally {
            lock.unlock();
        }
        @Nullable Taking to = taking;
        if (from != null) {
            from.execute(this::give);
        } else if (to != null) {
            tellEnd(to.end);
        }
    }

    /// Null after the last.
    byte @Nullable [] next() throws RequestPlaneException {
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                if (failure != null) {
                    throw failure;
                }
                if (complete) {
                    return null;
                }
                waitingSince = nanoClock.getAsLong();
                changed.awaitUninterruptibly();
            }
            return remove();
        } finally {
            waitingSince = NOBODY_WAITS;
            lock.unlock();
        }
    }

    /// From now on items are given to `taker`; `end` completes behind the last.
    void giveTo(Taker taker, CompletableFuture<Void> end) {
        taking = new Taking(taker, end);
        give();
    }

    private void give() {
        @Nullable Taking to = taking;
        if (to == null) {
            return;
        }
        while (!to.waitsForRoom) {
            byte @Nullable [] item = poll();
            if (item == null) {
                break;
            }
            give(item, to);
        }
        waitingSince = to.waitsForRoom ? NOBODY_WAITS : nanoClock.getAsLong();
        tellEnd(to.end);
    }

    private void give(byte[] item, Taking to) {
        @Nullable CompletableFuture<Void> room;
        try {
            room = to.taker.take(item);
        } catch (RuntimeException e) {
            room = CompletableFuture.failedFuture(e);
        }
        if (room != null && (!room.isDone() || room.isCompletedExceptionally())) {
            to.waitsForRoom = true;
            var _ = room.whenComplete((_, problem) -> goOn(to, problem));
        }
    }

    private void goOn(Taking to, @Nullable Throwable problem) {
        @Nullable Source from = source;
        if (problem != null) {
            to.end.completeExceptionally(problem);
        } else if (from != null) {
            from.execute(() -> {
                to.waitsForRoom = false;
                give();
                if (!to.waitsForRoom) {
                    resume();
                }
            });
        }
    }

    private void tellEnd(CompletableFuture<Void> end) {
        boolean atEnd;
        @Nullable RequestPlaneException failed;
        lock.lock();
        try {
            failed = failure;
            atEnd = waiting.isEmpty() && (complete || failed != null);
        } finally {
            lock.unlock();
        }
        if (atEnd && failed != null) {
            end.completeExceptionally(failed);
        } else if (atEnd) {
            end.complete(null);
        }
    }

    private byte @Nullable [] poll() {
        lock.lock();
        try {
            return waiting.isEmpty() ? null : remove();
        } finally {
            lock.unlock();
        }
    }

    private byte[] remove() {
        byte[] item = waiting.remove();
        waitingBytes -= item.length + ITEM_BYTES;
        if (paused && taking == null && source != null && waitingBytes < WAITING_BYTES_MAX / 2) {
            source.execute(this::resume);
        }
        return item;
    }

    private void pauseWhenFull() {
        @Nullable Taking to = taking;
        lock.lock();
        try {
            if (source != null && (waitingBytes >= WAITING_BYTES_MAX || (to != null && to.waitsForRoom))) {
                paused = true;
                source.pause();
            }
        } finally {
            lock.unlock();
        }
    }

    private void resume() {
        @Nullable Source from;
        lock.lock();
        try {
            from = paused && waitingBytes < WAITING_BYTES_MAX / 2 ? source : null;
            paused &= from == null;
        } finally {
            lock.unlock();
        }
        if (from != null) {
            from.resume();
        }
    }
}
