package io.kvepp.worker;

/// One data-parallel rank of one worker: the unit that holds KV cache and takes load.
///
/// - `workerId`: Dynamo's instance id, an **unsigned** 64-bit number
/// - `dpRank`: unsigned 32-bit in Dynamo; here never negative
///
/// Immutable.
public record WorkerWithDpRank(long workerId, int dpRank) {
    public WorkerWithDpRank {
        if (dpRank < 0) {
            throw new IllegalArgumentException("dpRank: " + dpRank + " (expected: >= 0)");
        }
    }

    /// `<worker id, unsigned decimal>:<rank>`
    @Override
    public String toString() {
        return Long.toUnsignedString(workerId) + ":" + dpRank;
    }
}
