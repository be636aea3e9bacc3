package io.kvepp.eventplane.nats;

import io.kvepp.eventplane.Envelope;
import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.nats.NatsConnection;
import io.kvepp.nats.NatsListener;
import io.kvepp.nats.NatsSubscription;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Receives one topic over NATS: a message is an envelope, its subject is that of the topic at the
/// endpoint of the publisher.
///
/// Publishers of one endpoint share a subject, so all of them are heard as soon as one is wanted.
///
/// Thread-safe. Does not own the connection.
public final class NatsEventSubscriber implements EventSubscriber {
    private final NatsConnection connection;
    private final String topic;
    private volatile Set<PublisherAddress> wanted = Set.of();
    private volatile @Nullable NatsSubscription subscription;

    public NatsEventSubscriber(NatsConnection connection, String topic) {
        this.connection = connection;
        this.topic = topic;
    }

    @Override
    public synchronized void start(EventListener listener) {
        if (subscription != null) {
            throw new IllegalStateException("started twice");
        }
        NatsSubscription started = connection.subscription(new Unwrapping(listener));
        subscription = started;
        started.subscribe(subjects());
    }

    @Override
    public boolean reaches(PublisherAddress publisher) {
        return publisher.subject() != null && publisher.brokers().isEmpty();
    }

    @Override
    public synchronized void subscribe(Set<PublisherAddress> publishers) {
        wanted = Set.copyOf(publishers);
        @Nullable NatsSubscription started = subscription;
        if (started != null) {
            started.subscribe(subjects());
        }
    }

    @Override
    public boolean connected(PublisherAddress publisher) {
        @Nullable NatsSubscription started = subscription;
        @Nullable String subject = publisher.subject();
        return started != null && subject != null && started.stands(subject);
    }

    @Override
    public synchronized void close() {
        if (subscription != null) {
            subscription.close();
        }
    }

    private Set<String> subjects() {
        return wanted.stream()
                .map(PublisherAddress::subject)
                .filter(Objects::nonNull)
                .collect(Collectors.toUnmodifiableSet());
    }

    private final class Unwrapping implements NatsListener {
        private final EventListener listener;

        Unwrapping(EventListener listener) {
            this.listener = listener;
        }

        @Override
        public void onMessage(String subject, byte[] body) {
            Envelope envelope;
            try {
                envelope = Envelope.decode(body, 0, body.length);
                if (!envelope.topic().equals(topic)) {
                    throw new MalformedMessageException("envelope (expected: topic " + topic + ")");
                }
            } catch (MalformedMessageException e) {
                listener.onMalformed(String.valueOf(e.getMessage()));
                return;
            }
            listener.onMessage(new EventMessage(envelope.publisherId(), envelope.sequence(), envelope.payload()));
        }

        @Override
        public void onInterruption() {
            wanted.forEach(listener::onInterrupted);
        }
    }
}
