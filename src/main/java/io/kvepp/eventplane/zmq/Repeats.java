package io.kvepp.eventplane.zmq;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Tells the messages that came before, since each of several brokers brings every message.
///
/// Confined to the subscriber's thread.
final class Repeats {
    /*
     * Of each publisher the highest sequence is remembered, and whether each of the last ones up to it
     * came: a ring of bits, half a kilobyte. What is older counts as new: brokers are not so far
     * apart, and a message too many is stale to its reader while one too few would be a gap.
     */
    static final int SEQUENCES = 4_096;

    private static final int PUBLISHERS_MAX = 16_384;

    private final Map<Long, Window> windows = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Window> eldest) {
            return size() > PUBLISHERS_MAX;
        }
    };

    /// Whether the publisher's message of this sequence was here; from now on it was.
    boolean isRepeat(long publisherId, long sequence) {
        return windows.computeIfAbsent(publisherId, _ -> new Window(sequence)).isRepeat(sequence);
    }

    private static final class Window {
        private final long[] seen = new long[SEQUENCES / Long.SIZE];
        private long highest;

        Window(long first) {
            highest = first;
        }

        boolean isRepeat(long sequence) {
            if (sequence - highest > 0) {
                advance(sequence);
            } else if (highest - sequence >= SEQUENCES) {
                return false;
            }
            int bit = (int) (sequence & SEQUENCES - 1);
            boolean repeat = (seen[bit >>> 6] >>> bit & 1) != 0;
            seen[bit >>> 6] |= 1L << bit;
            return repeat;
        }

        private void advance(long sequence) {
            if (sequence - highest >= SEQUENCES) {
                Arrays.fill(seen, 0);
            } else {
                for (long passed = highest + 1; passed <= sequence; passed++) {
                    int bit = (int) (passed & SEQUENCES - 1);
                    seen[bit >>> 6] &= ~(1L << bit);
                }
            }
            highest = sequence;
        }
    }
}
