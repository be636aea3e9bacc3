package io.kvepp.load;

/// One request's booking on one rank: a handle whose end ends the load.
///
/// Both methods are idempotent; [#release] also completes the prefill.
///
/// Thread-safe.
public interface Reservation {
    /// The first token came: the prompt is computed.
    void prefillCompleted();

    /// The request is over.
    void release();
}
