package io.kvepp.load.signals;

/// What an engine says of one rank.
///
/// - `waitingRequests`, `runningRequests`: whoever sent them
/// - `usedShare`: of its cache blocks, 0 to 1; 0 when it does not say
///
/// Immutable.
record EngineReport(int waitingRequests, int runningRequests, double usedShare) {
    static final EngineReport NOTHING = new EngineReport(0, 0, 0);

    boolean isIdle() {
        return waitingRequests == 0 && runningRequests == 0;
    }

    /// The rank whose engines say both.
    EngineReport plus(EngineReport other) {
        return new EngineReport(
                waitingRequests + other.waitingRequests,
                runningRequests + other.runningRequests,
                Math.max(usedShare, other.usedShare));
    }
}
