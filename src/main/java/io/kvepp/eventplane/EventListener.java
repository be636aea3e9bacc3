package io.kvepp.eventplane;

/// Takes what an [EventSubscriber] receives.
///
/// Called on one thread at a time, the subscriber's; must not block.
public interface EventListener {
    void onMessage(EventMessage message);

    /// Something arrived that is no message; `detail` says what was expected.
    void onMalformed(String detail);
}
