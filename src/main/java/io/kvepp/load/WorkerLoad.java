package io.kvepp.load;

/// What is under way on one rank at one moment.
///
/// Immutable.
public record WorkerLoad(int activeRequests, long activePrefillTokens, long activeBlocks) {
    public static final WorkerLoad IDLE = new WorkerLoad(0, 0, 0);
}
