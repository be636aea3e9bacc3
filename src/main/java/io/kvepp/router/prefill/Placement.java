package io.kvepp.router.prefill;

import io.kvepp.load.Reservation;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.SessionAffinity.Lease;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Where one request runs, with its load booked.
///
/// - `decode`: the aggregated or decode worker
/// - `prefill`: null when `decode` computes the prompt itself
/// - `session`: what the request holds of its session
///
/// Immutable; the reservations are handles.
public record Placement(
        Selection decode,
        Reservation decodeReservation,
        @Nullable Selection prefill,
        @Nullable Reservation prefillReservation,
        Lease session) {
    /// The choice that decides which cached blocks are reused.
    public Selection reusing() {
        return prefill == null ? decode : prefill;
    }

    /// The worker that answers.
    public WorkerWithDpRank decodeWorker() {
        return decode.chosen().worker();
    }

    /// The worker that computes the prompt; null when the one that answers does.
    public @Nullable WorkerWithDpRank prefillWorker() {
        return prefill == null ? null : prefill.chosen().worker();
    }

    /// The slots of the chosen ranks.
    public void forEachSlot(IntConsumer action) {
        action.accept(decode.chosen().slot());
        if (prefill != null) {
            action.accept(prefill.chosen().slot());
        }
    }

    /// Books what is not booked yet of a very long prompt.
    void bookRest() {
        decodeReservation.bookRest();
        if (prefillReservation != null) {
            prefillReservation.bookRest();
        }
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

    /// The request is over.
    public void release() {
        releaseLoad();
        session.close();
    }

    /// The request was not sent: it ends, and its session is bound as if it had not been.
    public void withdraw() {
        releaseLoad();
        session.withdraw();
    }

    private void releaseLoad() {
        decodeReservation.release();
        if (prefillReservation != null) {
            prefillReservation.release();
        }
    }
}
