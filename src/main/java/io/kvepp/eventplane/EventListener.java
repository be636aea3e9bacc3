package io.kvepp.eventplane;

/// Takes what an [EventSubscriber] receives.
///
/// Called on one thread at a time, the subscriber's; must not block.
public interface EventListener {
    void onMessage(EventMessage message);

    /// Something arrived that is no message; `detail` says what was expected.
    void onMalformed(String detail);

    /// The publisher's messages were interrupted: some may be missing though none that arrived
    /// shows it. May be called on another thread, at any time.
    void onInterrupted(PublisherAddress publisher);
}
