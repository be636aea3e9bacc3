package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.testing.EventPublisherContract;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// Through two brokers, of which every message is heard once.
class ZmqBrokerPublisherTest extends EventPublisherContract {
    private final ZContext context = new ZContext();
    private final ZmqBrokers brokers = both(forward(), forward());
    private final ZmqConfig config =
            new ZmqConfig(1_000, 1 << 20, Duration.ofMillis(20), Duration.ofMillis(100), brokers);

    @AfterEach
    void endBrokers() {
        context.close();
    }

    @Override
    protected EventPublisher publisher(EnvelopeSequence messages) {
        return ZmqEventPublisher.throughBrokers(config, messages, SUBJECT);
    }

    @Override
    protected EventSubscriber subscriber() {
        return new ZmqEventSubscriber(config, TOPIC, System::nanoTime);
    }

    /// Starts a broker.
    private ZmqBrokers forward() {
        ZMQ.Socket publishers = context.createSocket(SocketType.XSUB);
        ZMQ.Socket subscribers = context.createSocket(SocketType.XPUB);
        String host = "tcp://127.0.0.1";
        ZmqBrokers broker = new ZmqBrokers(
                List.of(host + ":" + publishers.bindToRandomPort(host)),
                List.of(host + ":" + subscribers.bindToRandomPort(host)));
        // Ends with the context.
        Thread.ofPlatform().daemon().start(() -> ZMQ.proxy(publishers, subscribers, null));
        return broker;
    }

    private static ZmqBrokers both(ZmqBrokers one, ZmqBrokers other) {
        return new ZmqBrokers(
                List.of(one.publisherSide().getFirst(), other.publisherSide().getFirst()),
                List.of(one.subscriberSide().getFirst(), other.subscriberSide().getFirst()));
    }
}
