package io.kvepp.router.reuse;

import java.util.ArrayDeque;

/// The last requests of one worker: whether it delivered what was expected.
///
/// Guarded by the [ReuseLedger] it belongs to.
final class DeliveryRecord {
    /// How many requests are looked back at.
    static final int REQUESTS = 50;

    /// So many of them must differ, by more than a block ...
    static final int DIFFERENT_MIN = 4;

    /// ... and all differences together by this share of the tokens in question.
    private static final double DIFFERENT_SHARE = 0.5;

    private final ArrayDeque<Delivery> last = new ArrayDeque<>(REQUESTS);
    private int different;
    private long differentTokens;
    private long tokens;

    private record Delivery(long expected, long delivered, boolean differs) {
        long difference() {
            return Math.abs(expected - delivered);
        }

        long larger() {
            return Math.max(expected, delivered);
        }
    }

    void add(long expectedTokens, long deliveredTokens, int blockSizeTokens) {
        if (last.size() == REQUESTS) {
            count(last.removeFirst(), -1);
        }
        boolean differs = Math.abs(expectedTokens - deliveredTokens) > blockSizeTokens;
        Delivery next = new Delivery(expectedTokens, deliveredTokens, differs);
        last.addLast(next);
        count(next, 1);
    }

    /// Whether the worker's deliveries are systematically off.
    boolean isOff() {
        return different >= DIFFERENT_MIN && differentTokens >= DIFFERENT_SHARE * tokens;
    }

    /// For a log line.
    @Override
    public String toString() {
        long expected = last.stream().mapToLong(Delivery::expected).sum();
        long delivered = last.stream().mapToLong(Delivery::delivered).sum();
        return "of its last " + last.size() + " requests " + different + " differ: " + expected
                + " tokens expected from its cache, " + delivered + " delivered";
    }

    private void count(Delivery delivery, int sign) {
        different += delivery.differs() ? sign : 0;
        differentTokens += sign * delivery.difference();
        tokens += sign * delivery.larger();
    }
}
