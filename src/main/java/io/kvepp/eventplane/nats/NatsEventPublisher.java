package io.kvepp.eventplane.nats;

import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.nats.NatsConnection;

/// Sends one topic over NATS: a message is an envelope, under the subject of its endpoint and topic.
///
/// Thread-safe. Does not own the connection.
public final class NatsEventPublisher implements EventPublisher {
    private final NatsConnection connection;
    private final EnvelopeSequence messages;
    private final String subject;
    private State state = State.NEW;

    private enum State {
        NEW,
        OPEN,
        CLOSED
    }

    /// @param connection started by its owner
    /// @param subject such as `namespace.dynamo.component.backend.endpoint.generate.kv-events`
    public NatsEventPublisher(NatsConnection connection, EnvelopeSequence messages, String subject) {
        this.connection = connection;
        this.messages = messages;
        this.subject = subject;
    }

    @Override
    public synchronized void start() {
        if (state != State.NEW) {
            throw new IllegalStateException("started twice, or after close");
        }
        state = State.OPEN;
    }

    @Override
    public PublisherAddress address() {
        return new PublisherAddress(messages.publisherId(), "subject:" + subject);
    }

    /// One message at a time, so that they leave in the order of their numbers.
    @Override
    public synchronized boolean publish(byte[] payload) {
        return state == State.OPEN
                && connection.publish(subject, messages.wrap(payload).encode());
    }

    @Override
    public synchronized void close() {
        state = State.CLOSED;
    }
}
