package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.testing.EventPublisherContract;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// Through two brokers, of which every message is heard once.
class ZmqBrokerPublisherTest extends EventPublisherContract {
    private static final Duration END_MAX = Duration.ofSeconds(10);

    private final ZContext context = new ZContext();
    private final Map<Thread, ZMQ.Socket> proxies = new HashMap<>();
    private final ZmqBrokers brokers = both(forward(), forward());
    private final ZmqConfig config =
            new ZmqConfig(1_000, 1 << 20, Duration.ofMillis(20), Duration.ofMillis(100), brokers);

    /// Sockets that a thread still uses must not be closed.
    @AfterEach
    void endBrokers() throws InterruptedException {
        for (Map.Entry<Thread, ZMQ.Socket> proxy : proxies.entrySet()) {
            proxy.getValue().send(ZMQ.PROXY_TERMINATE);
            assertThat(proxy.getKey().join(END_MAX)).as("the broker has ended").isTrue();
        }
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
        String ending = "inproc://end-" + proxies.size();
        ZMQ.Socket end = context.createSocket(SocketType.PAIR);
        end.bind(ending);
        ZMQ.Socket control = context.createSocket(SocketType.PAIR);
        control.connect(ending);
        proxies.put(Thread.ofPlatform().daemon().start(() -> ZMQ.proxy(publishers, subscribers, null, control)), end);
        return broker;
    }

    private static ZmqBrokers both(ZmqBrokers one, ZmqBrokers other) {
        return new ZmqBrokers(
                List.of(one.publisherSide().getFirst(), other.publisherSide().getFirst()),
                List.of(one.subscriberSide().getFirst(), other.subscriberSide().getFirst()));
    }
}
