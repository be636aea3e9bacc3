package io.kvepp.scheduling.queue;

import java.util.Comparator;

/// A request in the queue.
///
/// - `score`: of its class's policy, higher first
/// - `sequence`: in which order they asked
///
/// Immutable.
record WaitingRequest(QueuedRequest request, ClassQueue queue, double score, long sequence) {
    /// Who goes first comes first.
    static final Comparator<WaitingRequest> ORDER = Comparator.comparingLong(
                    (WaitingRequest waiting) -> waiting.request().strictPriority())
            .thenComparingDouble(WaitingRequest::score)
            .reversed()
            .thenComparingLong(WaitingRequest::sequence);

    long waitedNanos(long nowNanos) {
        return nowNanos - request.arrivedNanos();
    }
}
