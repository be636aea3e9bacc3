package io.kvepp.scheduling.queue;

/// Whoever waits for its turn.
///
/// [#admit] is called holding the queue, once; then [#admitted], holding nothing. Instead of both,
/// one of the other two is called once, holding nothing.
public interface Waiter {
    /// Its turn has come: chooses workers and books them. Must not block, and must not call the
    /// queue.
    void admit(long waitedNanos);

    /// What [#admit] came to may be handed over.
    void admitted();

    /// It will not be admitted.
    void refused(Refusal refusal);

    /// The workers have changed: it is out of the queue and may ask again.
    void displaced();
}
