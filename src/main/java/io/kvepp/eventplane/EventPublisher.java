package io.kvepp.eventplane;

import java.io.IOException;

/// Sends the messages of one topic to everybody who is subscribed.
///
/// - Nothing happens before [#start].
/// - Connections are kept up until [#close].
/// - Nothing is replayed: a message reaches those who are subscribed when it is sent. Messages are
///   numbered from 0, also those that were dropped, so who misses one sees it.
///
/// Source: Dynamo `lib/runtime/src/transports/event_plane`.
///
/// Thread-safe; the messages of one thread arrive in order.
public interface EventPublisher extends AutoCloseable {
    /// Called once.
    ///
    /// @throws IOException when subscribers cannot be listened for
    void start() throws IOException;

    /// Where subscribers find it, as [EventSubscriber#subscribe] takes it; known from [#start] on.
    PublisherAddress address();

    /// Sends a payload; never waits. False when it was dropped: the way to the subscribers is broken
    /// or full, or the publisher is not open.
    boolean publish(byte[] payload);

    /// Ends all connections; what was sent shortly before may still arrive. More calls are no-ops.
    @Override
    void close();
}
