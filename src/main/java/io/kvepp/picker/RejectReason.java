package io.kvepp.picker;

/// Why a request is answered instead of routed. The front maps each to its HTTP status in one
/// switch.
public enum RejectReason {
    /// The body cannot be read as what its path and content type promise.
    MALFORMED,
    /// The path takes JSON, and the body is something else.
    UNSUPPORTED_MEDIA_TYPE,
    /// The prompt is longer than the model's context.
    CONTEXT_LENGTH,
    /// No worker has ever served this model.
    MODEL_NOT_FOUND,
    /// The model is known, or no model was asked for, but nobody can serve it now.
    NO_WORKERS,
    /// The body is larger than the limit.
    BODY_TOO_LARGE,
    /// The headers are too many or too large, with those that are added.
    HEADERS_TOO_LARGE,
    /// All bodies that are held take the memory there is.
    BODIES_FULL,
    /// Too many requests are under way.
    STREAMS_FULL,
    /// The client stopped sending its body, or sends it too slowly.
    BODY_IDLE,
    /// The decision took longer than the limit.
    PICK_DEADLINE,
    /// Too many decisions wait already.
    OVERLOADED,
    /// Every worker behind a Dynamo frontend that could serve the request is overloaded.
    WORKERS_OVERLOADED,
    /// Every engine without a frontend that could serve the request is overloaded.
    ENGINES_OVERLOADED,
    /// Too many requests wait for a worker already.
    QUEUE_FULL,
    /// Too many requests wait for a prefill worker already.
    PREFILL_FULL,
    /// The request waited for a worker until its time was over.
    QUEUE_TIMEOUT,
    /// The request waited and had to make room for one of higher priority.
    SHED,
    /// The process is broken.
    INTERNAL
}
