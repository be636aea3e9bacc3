package io.kvepp.picker;

/// Why a request is answered instead of routed. The front maps each to its HTTP status in one
/// switch.
public enum RejectReason {
    /// The body cannot be read as what its path and content type promise.
    MALFORMED,
    /// The prompt is longer than the model's context.
    CONTEXT_LENGTH,
    /// No worker has ever served this model.
    MODEL_NOT_FOUND,
    /// The model is known, or no model was asked for, but nobody can serve it now.
    NO_WORKERS,
    /// The body is larger than the limit.
    BODY_TOO_LARGE,
    /// The client stopped sending its body.
    BODY_IDLE,
    /// The decision took longer than the limit.
    PICK_DEADLINE,
    /// Too many decisions wait already.
    OVERLOADED,
    /// The process is broken.
    INTERNAL
}
