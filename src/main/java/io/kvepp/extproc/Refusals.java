package io.kvepp.extproc;

import io.kvepp.picker.PickResult.Rejected;
import io.kvepp.picker.RejectReason;

/// Why this front itself refuses requests, in the words for their clients.
///
/// Immutable.
record Refusals(ExtProcConfig config) {
    Rejected streamsFull() {
        return new Rejected(RejectReason.STREAMS_FULL, "too many requests at once", null);
    }

    Rejected headersTooLarge() {
        return new Rejected(
                RejectReason.HEADERS_TOO_LARGE,
                "headers: too many or too large (expected: at most "
                        + config.headers().countMax() + " with "
                        + config.headers().bytesMax() + " bytes, those of the gateway included)",
                null);
    }

    Rejected bodyTooLarge() {
        return new Rejected(
                RejectReason.BODY_TOO_LARGE, "request body: larger than " + config.bodyBytesMax() + " bytes", null);
    }

    Rejected bodiesFull() {
        return new Rejected(RejectReason.BODIES_FULL, "request body: no room, too many large ones at once", null);
    }

    Rejected bodyIdle() {
        return new Rejected(
                RejectReason.BODY_IDLE,
                "request body: no data for " + config.bodyIdle().toMillis() + " ms",
                null);
    }

    Rejected bodyDeadline() {
        return new Rejected(
                RejectReason.BODY_IDLE,
                "request body: not complete within " + config.bodyDeadline().toMillis() + " ms",
                null);
    }

    Rejected pickDeadline() {
        return new Rejected(
                RejectReason.PICK_DEADLINE,
                "no decision within " + config.pickDeadline().toMillis() + " ms",
                null);
    }
}
