package io.kvepp.routerservice.plane;

import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.RequestPlaneException;
import io.kvepp.worker.WorkerWithDpRank;

/// A worker that did not do its part of a request.
///
/// What may be tried again elsewhere depends on how far it had got: [Progress].
final class HopFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final ErrorType type;
    private final Progress progress;
    private final long workerId;

    /// How far the worker had got, and whether it was its fault.
    enum Progress {
        /// It never took the request: any other may.
        NOT_TAKEN,
        /// It took the request and broke off.
        BROKEN_OFF,
        /// It refused for reasons that every worker has.
        REFUSED
    }

    HopFailure(WorkerWithDpRank worker, ErrorType type, Progress progress, String message) {
        super("worker " + Long.toUnsignedString(worker.workerId()) + ": " + message);
        this.type = type;
        this.progress = progress;
        workerId = worker.workerId();
    }

    private HopFailure(String what, HopFailure cause) {
        super(what + ": " + cause.getMessage(), cause);
        type = cause.type;
        progress = cause.progress;
        workerId = cause.workerId;
    }

    static HopFailure of(WorkerWithDpRank worker, RequestPlaneException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.reason()) {
            case CONNECT -> new HopFailure(worker, ErrorType.CANNOT_CONNECT, Progress.NOT_TAKEN, message);
            case REJECTED -> new HopFailure(worker, ErrorType.WORKER_OVERLOADED, Progress.NOT_TAKEN, message);
            case DISCONNECTED -> new HopFailure(worker, ErrorType.DISCONNECTED, Progress.BROKEN_OFF, message);
            case TIMEOUT -> new HopFailure(worker, ErrorType.RESPONSE_TIMEOUT, Progress.BROKEN_OFF, message);
            case CANCELLED -> new HopFailure(worker, ErrorType.CANCELLED, Progress.REFUSED, message);
            case FAILED, MALFORMED, TOO_LARGE -> new HopFailure(worker, ErrorType.UNKNOWN, Progress.REFUSED, message);
        };
    }

    static HopFailure of(WorkerWithDpRank worker, OutputItem.WorkerError error) {
        String message = error.type() + ": " + error.message();
        return error.isOfTheWorker()
                ? new HopFailure(worker, ErrorType.DISCONNECTED, Progress.BROKEN_OFF, message)
                : new HopFailure(worker, ErrorType.UNKNOWN, Progress.REFUSED, message);
    }

    Progress progress() {
        return progress;
    }

    /// Unsigned.
    long workerId() {
        return workerId;
    }

    /// The same of a worker that was to compute the prompt for another, which its message says.
    HopFailure remotePrefill() {
        return new HopFailure("remote prefill failed", this);
    }

    EndpointException forCaller() {
        return new EndpointException(type, String.valueOf(getMessage()));
    }
}
