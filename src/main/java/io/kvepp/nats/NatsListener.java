package io.kvepp.nats;

/// Takes what a [NatsSubscription] receives.
///
/// Never called on the subscriber's thread; must not block.
public interface NatsListener {
    /// On one thread at a time.
    void onMessage(String subject, byte[] body);

    /// Messages may have been lost: the connection was down, and stands again. On a thread of its
    /// own.
    void onInterruption();
}
