package io.kvepp.load;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.worker.WorkerSlots;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The books of all ranks, by slot.
///
/// A decision reads several numbers and books in one step: it holds this object's monitor for the
/// whole of it (`synchronized (activeSequences)`), which takes microseconds. Single reads and
/// releases take the monitor themselves, and give it to others in between where a prompt has very
/// many blocks.
///
/// A block shared by several live requests of a rank counts once. Bookings are leases: see
/// [Reservation].
///
/// Source: Dynamo `lib/kv-router/sequences`; its leases run from the start of a request, these from
/// its last progress.
///
/// Thread-safe.
public final class ActiveSequences {
    /// What takes some 20 microseconds.
    static final int BLOCKS_AT_ONCE_MAX = 1_024;

    /// The monitor goes to whoever runs first: one who comes back at once would not let the others in.
    private static final long LET_OTHERS_IN_NANOS = 20_000;

    private final @Nullable RankLoad[] ranks = new @Nullable RankLoad[WorkerSlots.SLOTS_MAX];
    private final Held held = new Held();
    private final Leases leases;
    private int reservations;

    /// `nanoClock` is monotonic; a booking silent for `silenceMax` ends at the latest after twice
    /// that time.
    public ActiveSequences(Duration silenceMax, LongSupplier nanoClock) {
        leases = new Leases(silenceMax, nanoClock);
    }

    public synchronized WorkerLoad load(int slot) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? WorkerLoad.IDLE : rank.snapshot();
    }

    public synchronized long prefillTokens(int slot) {
        return held.prefillTokens(slot);
    }

    public synchronized long blocks(int slot) {
        return held.blocks(slot);
    }

    public synchronized int requests(int slot) {
        return held.requests(slot);
    }

    /// Readings for a decision that holds the monitor, and need not take it each time.
    ///
    /// @throws IllegalStateException when the calling thread does not
    public Held held() {
        if (!Thread.holdsLock(this)) {
            throw new IllegalStateException("monitor: not held (expected: held by the reading thread)");
        }
        return held;
    }

    /// Readings of the books for as long as their monitor is held. A slot without books is idle.
    ///
    /// Confined to the thread that holds the monitor.
    public final class Held {
        private Held() {}

        public long prefillTokens(int slot) {
            @Nullable RankLoad rank = ranks[slot];
            return rank == null ? 0 : rank.prefillTokens();
        }

        public long blocks(int slot) {
            @Nullable RankLoad rank = ranks[slot];
            return rank == null ? 0 : rank.blocks();
        }

        public int requests(int slot) {
            @Nullable RankLoad rank = ranks[slot];
            return rank == null ? 0 : rank.requests();
        }

        /// How many leading blocks of a prompt live requests of the rank use already.
        public int activePrefix(int slot, BlockHashes hashes) {
            @Nullable RankLoad rank = ranks[slot];
            return rank == null ? 0 : rank.activePrefix(hashes.sequence());
        }
    }

    public Reservation book(int slot, BookedLoad load) {
        Reservation booking = begin(slot, load);
        booking.bookRest();
        return booking;
    }

    /// Books a request, but of a very long prompt no more blocks than others may wait for: the rest is
    /// for [Reservation#bookRest], once the monitor is free.
    public synchronized Reservation begin(int slot, BookedLoad load) {
        @Nullable RankLoad rank = ranks[slot];
        if (rank == null) {
            rank = new RankLoad();
            ranks[slot] = rank;
        }
        rank.add(load);
        reservations++;
        Booking booking = new Booking(rank, load);
        booking.bookSome();
        booking.lease = leases.open(booking::release);
        return booking;
    }

    /// Forgets the rank: bookings still held keep counting as reservations until released, but
    /// burden nobody.
    public synchronized void removeRank(int slot) {
        ranks[slot] = null;
    }

    /// Gives back bookings whose requests are silent for too long; called now and then.
    public synchronized void endSilent() {
        leases.endSilent();
    }

    /// Bookings that are not released.
    public synchronized int reservations() {
        return reservations;
    }

    /// Bookings given back because they were silent, since the start.
    public synchronized long silentEnds() {
        return leases.ended();
    }

    /// Guarded by the monitor of the books, but for [#progressed].
    private final class Booking implements Reservation {
        private final RankLoad rank;
        private final BookedLoad load;
        private Leases.@Nullable Lease lease;
        private int sharedBlocks; // that are booked, from the first one on
        private int outputBlocks;
        private double outputWeight;
        private boolean prefilling = true;
        private boolean open = true;

        Booking(RankLoad rank, BookedLoad load) {
            this.rank = rank;
            this.load = load;
        }

        @Override
        public void bookRest() {
            while (bookSome()) {
                LockSupport.parkNanos(LET_OTHERS_IN_NANOS);
            }
        }

        /// True if there is more to book.
        private boolean bookSome() {
            synchronized (ActiveSequences.this) {
                int end = open ? Math.min(sharedBlocks + BLOCKS_AT_ONCE_MAX, load.sharedBlocks().length) : sharedBlocks;
                rank.addBlocks(load, sharedBlocks, end);
                sharedBlocks = end;
                return open && end < load.sharedBlocks().length;
            }
        }

        @Override
        public void prefillCompleted() {
            synchronized (ActiveSequences.this) {
                if (prefilling) {
                    prefilling = false;
                    rank.completePrefill(load);
                }
            }
        }

        @Override
        public void progressed() {
            Leases.Lease current = lease;
            if (current != null) {
                current.renew();
            }
        }

        @Override
        public void generated(int blocks, double weight) {
            synchronized (ActiveSequences.this) {
                if (open && blocks > outputBlocks) {
                    double weighed = blocks * weight;
                    rank.weighOutput(load, weighed - outputWeight, weight);
                    outputBlocks = blocks;
                    outputWeight = weighed;
                }
            }
        }

        @Override
        public void generatedOneMore() {
            synchronized (ActiveSequences.this) {
                if (open) {
                    rank.addOutput();
                    outputBlocks++;
                    outputWeight++;
                }
            }
        }

        @Override
        public void release() {
            synchronized (ActiveSequences.this) {
                if (!open) {
                    return;
                }
                open = false;
                prefillCompleted();
                rank.remove(load, outputWeight);
                reservations--;
                if (lease != null) {
                    leases.close(lease);
                }
            }
            while (releaseSome()) {
                Thread.onSpinWait(); // time enough for one who spins; the thread may be one of the event loops
            }
        }

        /// What is left of a prompt is its beginning. True if there is more to release.
        private boolean releaseSome() {
            synchronized (ActiveSequences.this) {
                int start = Math.max(0, sharedBlocks - BLOCKS_AT_ONCE_MAX);
                rank.removeBlocks(load, start, sharedBlocks);
                sharedBlocks = start;
                return start > 0;
            }
        }
    }
}
