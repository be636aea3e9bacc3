package io.kvepp.eventplane;

import java.util.Set;

/// Receives the messages of one topic from a changing set of publishers.
///
/// - Nothing happens before [#start].
/// - Connections are made and kept: a publisher that is not there (yet) is tried again until it
///   leaves the set.
/// - Nothing is replayed: what a publisher sends before the connection stands, or while it is
///   interrupted, is lost. Gaps are for the listener to find.
/// - A message of a publisher that has left the set may still arrive shortly after.
///
/// Thread-safe.
public interface EventSubscriber extends AutoCloseable {
    /// Called once.
    void start(EventListener listener);

    /// False when messages of the publisher cannot come this way: it is announced for another kind
    /// of event plane.
    boolean reaches(PublisherAddress publisher);

    /// Replaces the set of publishers, all of which it [#reaches]; connections that stay are not touched.
    void subscribe(Set<PublisherAddress> publishers);

    /// True while the connection to the publisher stands. The subscription travels right behind the
    /// handshake, so messages count from a moment later.
    boolean connected(PublisherAddress publisher);

    /// Drops all connections; the listener is not called after it returns.
    @Override
    void close();
}
