package io.kvepp.scheduling.queue;

/// In which order the requests of one class are admitted, after their strict priority.
///
/// Source: Dynamo `lib/kv-router/src/scheduling/policy`.
public enum QueuePolicy {
    /// First come, first served; a priority jump counts as so many seconds of earlier arrival.
    FCFS {
        @Override
        double score(double arrivalSeconds, int priorityJump, int uncachedTokens) {
            return Math.max(0, priorityJump) - arrivalSeconds;
        }
    },
    /// Shortest weighted prompt first: what is left to compute, divided by the priority.
    WSPT {
        @Override
        double score(double arrivalSeconds, int priorityJump, int uncachedTokens) {
            return (1.0 + Math.max(0, priorityJump)) / Math.max(1, uncachedTokens);
        }
    };

    /// Higher goes first. `arrivalSeconds`: since any fixed moment.
    abstract double score(double arrivalSeconds, int priorityJump, int uncachedTokens);
}
