package io.kvepp.load;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.worker.WorkerSlots;
import org.jspecify.annotations.Nullable;

/// The books of all ranks, by slot.
///
/// A decision reads several numbers and books in one step: it holds this object's monitor for the
/// whole of it (`synchronized (activeSequences)`), which takes microseconds. Single reads and
/// releases take the monitor themselves.
///
/// A block shared by several live requests of a rank counts once.
///
/// Source: Dynamo `lib/kv-router/sequences`.
///
/// Thread-safe.
public final class ActiveSequences {
    private final @Nullable RankLoad[] ranks = new @Nullable RankLoad[WorkerSlots.SLOTS_MAX];
    private int reservations;

    public synchronized WorkerLoad load(int slot) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? WorkerLoad.IDLE : rank.snapshot();
    }

    public synchronized long prefillTokens(int slot) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? 0 : rank.prefillTokens();
    }

    public synchronized long blocks(int slot) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? 0 : rank.blocks();
    }

    public synchronized int requests(int slot) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? 0 : rank.requests();
    }

    /// How many leading blocks of a prompt live requests of the rank use already.
    public synchronized int activePrefix(int slot, BlockHashes hashes) {
        @Nullable RankLoad rank = ranks[slot];
        return rank == null ? 0 : rank.activePrefix(hashes.sequence());
    }

    public synchronized Reservation book(int slot, BookedLoad load) {
        @Nullable RankLoad rank = ranks[slot];
        if (rank == null) {
            rank = new RankLoad();
            ranks[slot] = rank;
        }
        rank.add(load);
        reservations++;
        return new Booking(rank, load);
    }

    /// Forgets the rank: bookings still held keep counting as reservations until released, but
    /// burden nobody.
    public synchronized void removeRank(int slot) {
        ranks[slot] = null;
    }

    /// Bookings that are not released.
    public synchronized int reservations() {
        return reservations;
    }

    private final class Booking implements Reservation {
        private final RankLoad rank;
        private final BookedLoad load;
        private boolean prefilling = true;
        private boolean open = true;

        Booking(RankLoad rank, BookedLoad load) {
            this.rank = rank;
            this.load = load;
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
        public void release() {
            synchronized (ActiveSequences.this) {
                if (open) {
                    open = false;
                    prefillCompleted();
                    rank.remove(load);
                    reservations--;
                }
            }
        }
    }
}
