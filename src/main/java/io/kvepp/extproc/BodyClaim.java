package io.kvepp.extproc;

import io.kvepp.picker.PickResult.Rejected;
import org.jspecify.annotations.Nullable;

/// What one request's body takes of the [BodyBudget], and whether it may come at all.
///
/// Confined to the stream's serializing executor.
final class BodyClaim {
    private final BodyBudget budget;
    private final Refusals refusals;
    private long bytes;

    BodyClaim(BodyBudget budget, Refusals refusals) {
        this.budget = budget;
        this.refusals = refusals;
    }

    /// Makes room for a body that is said to have so many bytes, if it says so; the reason when there
    /// is none.
    @Nullable
    Rejected announced(long contentLength, BodyBuffer body) {
        return contentLength > refusals.config().bodyBytesMax() ? refusals.bodyTooLarge() : room(body, 0);
    }

    /// Makes room for a part; the reason when there is none.
    @Nullable
    Rejected part(int partBytes, BodyBuffer body) {
        long total = body.bytes() + partBytes;
        return total > refusals.config().bodyBytesMax() ? refusals.bodyTooLarge() : room(body, total);
    }

    private @Nullable Rejected room(BodyBuffer body, long total) {
        return reach(body.room(total)) ? null : refusals.bodiesFull();
    }

    private boolean reach(long total) {
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
