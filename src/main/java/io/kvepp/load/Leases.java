package io.kvepp.load;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Ends what has shown no progress for too long.
///
/// Guarded by the [ActiveSequences] it belongs to, but for [Lease#renew].
final class Leases {
    /*
     * A list in the order in which leases were last looked at. A lease comes to its front once in a
     * while: the silent one ends, one that progressed since goes to the back. So progress is a
     * plain write and not a move in the list, and a lease ends after one to two times the allowed
     * silence.
     */
    private final long silenceMaxNanos;
    private final LongSupplier nanoClock;
    private final Lease ring;
    private long ended;

    Leases(Duration silenceMax, LongSupplier nanoClock) {
        silenceMaxNanos = silenceMax.toNanos();
        this.nanoClock = nanoClock;
        ring = new Lease(nanoClock, () -> {});
    }

    /// `onSilence` runs once if the lease ends by silence; it may close the lease.
    Lease open(Runnable onSilence) {
        Lease lease = new Lease(nanoClock, onSilence);
        lease.lookedAtNanos = nanoClock.getAsLong();
        lease.linkBefore(ring);
        return lease;
    }

    void close(Lease lease) {
        lease.unlink();
    }

    void endSilent() {
        long now = nanoClock.getAsLong();
        for (Lease first = ring.next; first != ring && isDue(first, now); first = ring.next) {
            first.unlink();
            if (now - first.progressNanos >= silenceMaxNanos) {
                ended++;
                first.onSilence.run();
            } else {
                first.lookedAtNanos = now;
                first.linkBefore(ring);
            }
        }
    }

    long ended() {
        return ended;
    }

    private boolean isDue(Lease lease, long now) {
        return now - lease.lookedAtNanos >= silenceMaxNanos;
    }

    static final class Lease {
        private final LongSupplier nanoClock;
        private final Runnable onSilence;
        private volatile long progressNanos;
        private long lookedAtNanos;
        private Lease previous = this;
        private Lease next = this;

        private Lease(LongSupplier nanoClock, Runnable onSilence) {
            this.nanoClock = nanoClock;
            this.onSilence = onSilence;
            progressNanos = nanoClock.getAsLong();
        }

        /// Any thread, no lock.
        void renew() {
            progressNanos = nanoClock.getAsLong();
        }

        private void linkBefore(Lease other) {
            previous = other.previous;
            next = other;
            other.previous.next = this;
            other.previous = this;
        }

        private void unlink() {
            previous.next = next;
            next.previous = previous;
            previous = this;
            next = this;
        }
    }
}
