package io.kvepp.load.signals;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.LoadPublisher;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears one topic on which engines report, once somebody wants to know: they report several times
/// a request.
///
/// Thread-safe. Owns the subscriber.
final class ReportFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportFeed.class);

    private final EventSubscriber subscriber;
    private final String topic;
    private final Reader reader;
    private final AtomicLong malformed = new AtomicLong();
    private List<LoadPublisher> publishers = List.of();
    private boolean wanted;
    private boolean closed;

    ReportFeed(EventSubscriber subscriber, String topic, Reader reader) {
        this.subscriber = subscriber;
        this.topic = topic;
        this.reader = reader;
    }

    /// Takes the payload of a message; on the subscriber's thread.
    @FunctionalInterface
    interface Reader {
        void read(byte[] payload) throws MalformedMessageException;
    }

    /// From now on the reader is told.
    synchronized void want() {
        if (!wanted && !closed) {
            wanted = true;
            subscriber.start(new Listener());
            subscribe();
        }
    }

    /// Replaces the set of publishers; those of other topics do not matter.
    synchronized void update(List<LoadPublisher> all) {
        publishers = List.copyOf(all);
        subscribe();
    }

    @Override
    public synchronized void close() {
        closed = true;
        subscriber.close();
    }

    private void subscribe() {
        if (wanted) {
            Set<PublisherAddress> addresses = publishers.stream()
                    .filter(publisher -> publisher.topic().equals(topic))
                    .map(publisher -> new PublisherAddress(publisher.publisherId(), publisher.endpoint()))
                    .filter(subscriber::reaches)
                    .collect(Collectors.toSet());
            subscriber.subscribe(addresses);
        }
    }

    private final class Listener implements EventListener {
        @Override
        public void onMessage(EventMessage message) {
            try {
                reader.read(message.payload().toBytes());
            } catch (MalformedMessageException e) {
                onMalformed(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void onMalformed(String detail) {
            if (malformed.getAndIncrement() == 0) {
                LOG.warn("a message of the topic {} is not read, further ones in silence: {}", topic, detail);
            }
        }

        @Override
        public void onInterrupted(PublisherAddress publisher) {
            // The next message says all there is to know.
        }
    }
}
