package io.kvepp.eventplane;

import java.time.InstantSource;

/// Wraps the payloads of one publisher and topic, and numbers them from 0.
///
/// The time of an envelope is what the clock says, for people to read: it may jump, the numbers do
/// not.
///
/// Thread-safe.
public final class EnvelopeSequence {
    private final long publisherId;
    private final String topic;
    private final InstantSource clock;
    private long next;

    /// @param publisherId unsigned; Dynamo's have 53 bits
    public EnvelopeSequence(long publisherId, String topic, InstantSource clock) {
        this.publisherId = publisherId;
        this.topic = topic;
        this.clock = clock;
    }

    public long publisherId() {
        return publisherId;
    }

    public synchronized Envelope wrap(byte[] payload) {
        return new Envelope(publisherId, next++, clock.millis(), topic, Payload.of(payload));
    }
}
