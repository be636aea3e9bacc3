package io.kvepp.eventplane.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.nats.FakeNatsServer;
import io.kvepp.nats.NatsAuth;
import io.kvepp.nats.NatsConfig;
import io.kvepp.nats.NatsConnection;
import io.kvepp.tls.ClientTls;
import io.kvepp.worker.card.EndpointId;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NatsEventSubscriberTest {
    private static final String TOPIC = "kv-events";
    private static final String SUBJECT = new EndpointId("ns.a", "backend", "generate").eventSubject(TOPIC);
    private static final PublisherAddress SEVEN = new PublisherAddress(7, "subject:" + SUBJECT);
    private static final PublisherAddress EIGHT = new PublisherAddress(8, "subject:" + SUBJECT);

    private FakeNatsServer server = FakeNatsServer.start();
    private final NatsConnection connection = new NatsConnection(new NatsConfig(
            server.url(),
            NatsAuth.DEFAULT,
            ClientTls.SYSTEM,
            Duration.ofSeconds(2),
            Duration.ofMillis(20),
            1_000,
            1 << 20));
    private final NatsEventSubscriber subscriber = new NatsEventSubscriber(connection, TOPIC);
    private final List<EventMessage> messages = new CopyOnWriteArrayList<>();
    private final List<String> malformed = new CopyOnWriteArrayList<>();
    private final List<PublisherAddress> interrupted = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        subscriber.close();
        connection.close();
        server.close();
    }

    @Test
    void envelopesOfTheSubjectArriveWhoeverPublishesThem() {
        subscribe();
        server.send(SUBJECT, envelope(TOPIC, 7, 0, new byte[] {1}));
        server.send(SUBJECT, envelope(TOPIC, -9, 5, new byte[] {2, 3}));

        Await.until("both arrive", () -> messages.size() == 2);
        assertThat(messages).extracting(EventMessage::publisherId).containsExactly(7L, -9L);
        assertThat(messages.get(1).sequence()).isEqualTo(5);
        assertThat(messages.get(1).payload().toBytes()).containsExactly(2, 3);
        assertThat(SUBJECT).isEqualTo("namespace.ns%2Ea.component.backend.endpoint.generate.kv-events");
    }

    @Test
    void whatIsNoEnvelopeOfTheTopicIsMalformed() {
        subscribe();
        server.send(SUBJECT, new byte[] {(byte) 0x85});
        server.send(SUBJECT, envelope("other", 7, 0, new byte[1]));

        Await.until("both are told", () -> malformed.size() == 2);
        assertThat(malformed.get(1)).contains("topic kv-events");
        assertThat(messages).isEmpty();
    }

    @Test
    void anInterruptionConcernsEveryPublisher() {
        subscribe();
        server.close();
        Await.until("the loss is seen", () -> !subscriber.connected(SEVEN));
        server = FakeNatsServer.at(server.port());

        Await.until("both are told", () -> interrupted.size() == 2);
        assertThat(interrupted).containsExactlyInAnyOrder(SEVEN, EIGHT);
        Await.until("it stands again", () -> subscriber.connected(EIGHT));
    }

    @Test
    void publishersWithSocketsOrBrokersOfTheirOwnAreNotReached() {
        assertThat(subscriber.reaches(SEVEN)).isTrue();
        assertThat(subscriber.reaches(new PublisherAddress(1, "tcp://127.0.0.1:1")))
                .isFalse();
        assertThat(subscriber.reaches(new PublisherAddress(1, SEVEN.endpoint() + "@tcp://127.0.0.1:1")))
                .isFalse();
    }

    private void subscribe() {
        connection.start();
        subscriber.start(new EventListener() {
            @Override
            public void onMessage(EventMessage message) {
                messages.add(message);
            }

            @Override
            public void onMalformed(String detail) {
                malformed.add(detail);
            }

            @Override
            public void onInterrupted(PublisherAddress publisher) {
                interrupted.add(publisher);
            }
        });
        subscriber.subscribe(Set.of(SEVEN, EIGHT));
        Await.until("the subject stands", () -> subscriber.connected(SEVEN));
    }

    private static byte[] envelope(String topic, long publisherId, long sequence, byte[] payload) {
        byte[] frame =
                WireMessages.frames(topic, publisherId, sequence, payload).get(3);
        return Arrays.copyOfRange(frame, 5, frame.length);
    }
}
