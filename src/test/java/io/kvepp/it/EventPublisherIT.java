package io.kvepp.it;

import io.kvepp.config.Options;
import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.nats.NatsEventPublisher;
import io.kvepp.eventplane.nats.NatsEventSubscriber;
import io.kvepp.eventplane.testing.EventPublisherContract;
import io.kvepp.eventplane.zmq.ZmqConfig;
import io.kvepp.eventplane.zmq.ZmqEventPublisher;
import io.kvepp.eventplane.zmq.ZmqEventSubscriber;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.it.stack.ZmqBroker;
import io.kvepp.nats.NatsConfig;
import io.kvepp.nats.NatsConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

/// What publishers of the event plane keep to, with a real server between them and the subscribers.
@ExtendWith(Deployments.class)
class EventPublisherIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final RealParts parts;
    private final RealServers servers;
    private final Processes processes = new Processes(Project.logs().resolve("event-publishers"));

    EventPublisherIT(RealParts parts, RealServers servers) {
        this.parts = parts;
        this.servers = servers;
    }

    @AfterEach
    void endServers() {
        processes.close();
    }

    @Nested
    class OverNats extends EventPublisherContract {
        private NatsConnection connection;

        @Override
        protected EventPublisher publisher(EnvelopeSequence messages) {
            NatsServer server = NatsServer.start(processes, servers.requireNatsServer());
            connection = new NatsConnection(
                    NatsConfig.from(new Options(Map.of("nats-server", List.of(server.url())), Map.of())));
            connection.start();
            Await.until("connected", LIMIT, connection::connected);
            return new NatsEventPublisher(connection, messages, SUBJECT);
        }

        @Override
        protected EventSubscriber subscriber() {
            return new NatsEventSubscriber(connection, TOPIC);
        }

        @AfterEach
        void disconnect() {
            connection.close();
        }
    }

    @Nested
    class ThroughABroker extends EventPublisherContract {
        private ZmqConfig config;

        @Override
        protected EventPublisher publisher(EnvelopeSequence messages) {
            ZmqBroker broker = ZmqBroker.start(processes, parts);
            config = ZmqConfig.from(
                    new Options(Map.of("zmq-broker-url", List.of(ZmqBroker.url(List.of(broker)))), Map.of()));
            return ZmqEventPublisher.throughBrokers(config, messages, SUBJECT);
        }

        @Override
        protected EventSubscriber subscriber() {
            return new ZmqEventSubscriber(config, TOPIC, System::nanoTime);
        }
    }
}
