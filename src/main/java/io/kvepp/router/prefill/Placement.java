package io.kvepp.router.prefill;

import io.kvepp.load.Reservation;
import io.kvepp.scheduling.Selection;
import org.jspecify.annotations.Nullable;

/// Where one request runs, with its load booked.
///
/// - `decode`: the aggregated or decode worker
/// - `prefill`: null when `decode` computes the prompt itself
///
/// Immutable; the reservations are handles.
public record Placement(
        Selection decode,
        Reservation decodeReservation,
        @Nullable Selection prefill,
        @Nullable Reservation prefillReservation) {
    /// The choice that decides which cached blocks are reused.
    public Selection reusing() {
        return prefill == null ? decode : prefill;
    }

    /// The first token came: the prompt is computed.
    public void firstToken() {
        decodeReservation.prefillCompleted();
        if (prefillReservation != null) {
            prefillReservation.release();
        }
    }

    /// The response moves.
    public void progressed() {
        decodeReservation.progressed();
        if (prefillReservation != null) {
            prefillReservation.progressed();
        }
    }

    /// The request has generated so many blocks, which weigh so much.
    ///
    /// @see Reservation#generated
    public void generated(int blocks, double weight) {
        decodeReservation.generated(blocks, weight);
    }

    public void release() {
        decodeReservation.release();
        if (prefillReservation != null) {
            prefillReservation.release();
        }
    }
}
