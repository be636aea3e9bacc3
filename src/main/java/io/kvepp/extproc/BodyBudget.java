package io.kvepp.extproc;

import java.util.concurrent.atomic.AtomicLong;

/// How many bytes of request bodies all streams hold together.
///
/// Thread-safe.
final class BodyBudget {
    private final long bytesMax;
    private final AtomicLong held = new AtomicLong();

    BodyBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// Takes room for that many bytes; false, and nothing is taken, when there is none.
    boolean take(long bytes) {
        if (held.addAndGet(bytes) <= bytesMax) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }

    long held() {
        return held.get();
    }
}
