package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Receives one topic over ZMQ, connected to every publisher directly or to the brokers between.
///
/// A publisher's socket must be `tcp://<ip>:<port>`; another text is logged and never connected. A
/// subject is heard at the brokers that are configured, else at those that it names; at several of
/// them each message counts once.
///
/// Thread-safe. Owns one thread (and the library's own) from [#start] to [#close].
public final class ZmqEventSubscriber implements EventSubscriber {
    private static final Logger LOG = LoggerFactory.getLogger(ZmqEventSubscriber.class);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private final ZmqConfig config;
    private final String topic;
    private final LongSupplier nanoClock;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile Set<PublisherAddress> wanted = Set.of();
    private volatile Standing standing = Standing.NOTHING;
    private @Nullable Thread thread;

    /// @param nanoClock a monotonic clock, in nanoseconds
    public ZmqEventSubscriber(ZmqConfig config, String topic, LongSupplier nanoClock) {
        this.config = config;
        this.topic = topic;
        this.nanoClock = nanoClock;
    }

    @Override
    public synchronized void start(EventListener listener) {
        if (thread != null || isStopped()) {
            throw new IllegalStateException("started twice, or after close");
        }
        thread = Thread.ofPlatform().name("events-zmq-" + topic).start(() -> run(listener));
    }

    @Override
    public boolean reaches(PublisherAddress publisher) {
        return publisher.subject() == null
                || !Targets.brokersOf(publisher, config.brokers()).isEmpty();
    }

    @Override
    public void subscribe(Set<PublisherAddress> publishers) {
        wanted = Set.copyOf(publishers);
    }

    @Override
    public boolean connected(PublisherAddress publisher) {
        return standing.reaches(publisher, config.brokers());
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        if (thread == null || thread.equals(Thread.currentThread())) {
            return;
        }
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn("the listener of events did not return within {}: topic={}", CLOSE_WAIT, topic);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(EventListener listener) {
        try {
            do {
                try {
                    receive(listener);
                } catch (RuntimeException | AssertionError e) {
                    // The library asserts that a message it began to hand out stays whole, which a
                    // publisher that dies in the middle breaks.
                    LOG.error("the event plane failed and is set up again: topic={}", topic, e);
                }
            } while (!stop.await(config.reconnectMax().toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Returns when stopped; throws when the sockets are beyond use.
    private void receive(EventListener listener) {
        try (ZmqConnections connections = new ZmqConnections(config, topic, nanoClock)) {
            while (!isStopped()) {
                connections.keep(wanted);
                standing = connections.standing();
                connections.receive(listener, this::isStopped);
                connections.await();
            }
        } finally {
            standing = Standing.NOTHING;
        }
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }
}
