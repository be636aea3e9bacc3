package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.testing.EventPublisherContract;
import java.time.Duration;

class ZmqDirectPublisherTest extends EventPublisherContract {
    private static final ZmqConfig CONFIG =
            new ZmqConfig(1_000, 1 << 20, Duration.ofMillis(20), Duration.ofMillis(100), ZmqBrokers.NONE);

    @Override
    protected EventPublisher publisher(EnvelopeSequence messages) {
        return ZmqEventPublisher.direct(CONFIG, messages, TOPIC, "127.0.0.1");
    }

    @Override
    protected EventSubscriber subscriber() {
        return new ZmqEventSubscriber(CONFIG, TOPIC, System::nanoTime);
    }
}
