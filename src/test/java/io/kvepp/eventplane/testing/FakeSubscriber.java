package io.kvepp.eventplane.testing;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.Payload;
import io.kvepp.eventplane.PublisherAddress;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A subscriber that a test speaks through.
public final class FakeSubscriber implements EventSubscriber {
    private final Set<PublisherAddress> connected = ConcurrentHashMap.newKeySet();
    private volatile Set<PublisherAddress> subscribed = Set.of();
    private volatile @Nullable EventListener listener;
    private volatile boolean closed;

    public void send(long publisherId, byte[] payload) {
        listener().onMessage(new EventMessage(publisherId, 0, Payload.of(payload)));
    }

    public EventListener listener() {
        return Objects.requireNonNull(listener);
    }

    public void connect(PublisherAddress publisher) {
        connected.add(publisher);
    }

    public Set<PublisherAddress> subscribed() {
        return subscribed;
    }

    public boolean closed() {
        return closed;
    }

    @Override
    public void start(EventListener eventListener) {
        listener = eventListener;
    }

    @Override
    public boolean reaches(PublisherAddress publisher) {
        return publisher.endpoint().startsWith("tcp://");
    }

    @Override
    public void subscribe(Set<PublisherAddress> publishers) {
        subscribed = Set.copyOf(publishers);
    }

    @Override
    public boolean connected(PublisherAddress publisher) {
        return connected.contains(publisher);
    }

    @Override
    public void close() {
        closed = true;
    }
}
