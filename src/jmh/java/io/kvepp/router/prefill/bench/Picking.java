package io.kvepp.router.prefill.bench;

import com.sun.management.ThreadMXBean;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.router.prefill.Placement;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;

/// One thread that picks, and ends the oldest request for each new one.
///
/// Confined to its thread.
final class Picking {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Fleet fleet;
    private final Random random;
    private final ArrayDeque<Placement> open = new ArrayDeque<>();

    /// `openRequests`: how many are under way after this.
    Picking(Fleet fleet, int openRequests, long seed) {
        this.fleet = fleet;
        random = new Random(seed);
        for (int i = 0; i < openRequests; i++) {
            open.add(fleet.pick(next()));
        }
    }

    /// Picks so often; the time of each, in nanoseconds.
    long[] times(int picks) {
        long[] nanos = new long[picks];
        for (int i = 0; i < picks; i++) {
            open.remove().release();
            BlockHashes prompt = next();
            long started = System.nanoTime();
            Placement placement = fleet.pick(prompt);
            nanos[i] = System.nanoTime() - started;
            open.add(placement);
        }
        Arrays.sort(nanos);
        return nanos;
    }

    /// Bytes that one pick allocates, the mean of so many.
    long garbage(int picks) {
        long bytes = 0;
        for (int i = 0; i < picks; i++) {
            open.remove().release();
            BlockHashes prompt = next();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            Placement placement = fleet.pick(prompt);
            bytes += THREADS.getCurrentThreadAllocatedBytes() - before;
            open.add(placement);
        }
        return bytes / picks;
    }

    /// Picks and ends until the time is over; returns how often.
    long until(long endNanos) {
        long picks = 0;
        while (System.nanoTime() - endNanos < 0) {
            open.remove().release();
            open.add(fleet.pick(next()));
            picks++;
        }
        return picks;
    }

    void endAll() {
        open.forEach(Placement::release);
        open.clear();
    }

    private BlockHashes next() {
        return fleet.prompt(random.nextInt(Fleet.PROMPTS));
    }
}
