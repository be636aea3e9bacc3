package io.kvepp.extproc;

/// What one request's body takes of the [BodyBudget].
///
/// Confined to the stream's serializing executor.
final class BodyClaim {
    private final BodyBudget budget;
    private long bytes;

    BodyClaim(BodyBudget budget) {
        this.budget = budget;
    }

    /// Makes room for a body of that many bytes so far; false when there is none.
    boolean reach(long total) {
        if (total > bytes) {
            if (!budget.take(total - bytes)) {
                return false;
            }
            bytes = total;
        }
        return true;
    }

    void giveBack() {
        budget.giveBack(bytes);
        bytes = 0;
    }
}
