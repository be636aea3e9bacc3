package io.kvepp.worker;

import org.jspecify.annotations.Nullable;

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

    /// Written out because each event is looked up by it: what records generate is not inlined there.
    @Override
    public int hashCode() {
        return 31 * Long.hashCode(workerId) + dpRank;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WorkerWithDpRank(long otherId, int otherRank)
                && otherId == workerId
                && otherRank == dpRank;
    }

    /// `<worker id, unsigned decimal>:<rank>`
    @Override
    public String toString() {
        return Long.toUnsignedString(workerId) + ":" + dpRank;
    }
}
