package io.kvepp.requestplane;

/// A call that got no complete answer. The message is for the operator; it may quote what the
/// worker gave as its reason.
public final class RequestPlaneException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public RequestPlaneException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /// What went wrong.
    public enum Reason {
        /// No connection to the worker.
        CONNECT,
        /// The worker did not take the request, or the client has too many calls under way.
        REJECTED,
        /// The worker took the request, and then said that it has no answer.
        FAILED,
        /// A stage, or the whole call, took too long.
        TIMEOUT,
        /// A connection ended before the answer did.
        DISCONNECTED,
        /// The target or a message is not what the protocol says.
        MALFORMED,
        /// The request, a message or the answer exceeds its limit.
        TOO_LARGE,
        /// The client was closed.
        CANCELLED
    }

    public Reason reason() {
        return reason;
    }
}
