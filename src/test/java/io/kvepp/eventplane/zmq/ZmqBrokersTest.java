package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.worker.card.EndpointId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZmqBrokersTest {
    private static final String TOPIC = "kv-events";
    private static final String SUBJECT = new EndpointId("ns", "backend", "generate").eventSubject(TOPIC);
    private static final String OTHER = new EndpointId("ns", "prefill", "generate").eventSubject(TOPIC);
    private static final PublisherAddress SEVEN = new PublisherAddress(7, "subject:" + SUBJECT);
    private static final PublisherAddress EIGHT = new PublisherAddress(8, "subject:" + OTHER);

    private final TestBroker broker = TestBroker.start();
    private final TestBroker second = TestBroker.start();
    private final List<EventMessage> messages = new CopyOnWriteArrayList<>();
    private ZmqEventSubscriber subscriber = subscriber(List.of(broker.address()));

    @AfterEach
    void close() {
        subscriber.close();
        broker.close();
        second.close();
    }

    @Test
    void messagesOfASubjectArriveThroughTheBroker() {
        subscribe(SEVEN);
        broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
        broker.send(SUBJECT, TOPIC, 9, 0, new byte[] {2});

        awaitPayloads(1, 2);
        assertThat(messages).extracting(EventMessage::publisherId).containsExactly(7L, 9L);
    }

    @Test
    void whatIsNotWantedAnyMoreIsUnsubscribed() {
        subscribe(SEVEN, EIGHT);
        subscriber.subscribe(Set.of(EIGHT));
        broker.awaitNoSubscription(SUBJECT);

        broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
        broker.send(OTHER, TOPIC, 8, 0, new byte[] {2});
        awaitPayloads(2);
    }

    @Test
    void aSubjectThatOnlyStartsAlikeIsNotOurs() {
        subscribe(SEVEN);
        broker.send(SUBJECT + "-v2", "kv-events-v2", 7, 0, new byte[] {1});
        broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {2});

        awaitPayloads(2);
    }

    @Test
    void publishersWithSocketsOfTheirOwnAreHeardBesideABroker() {
        try (TestPublisher direct = TestPublisher.at(1, "tcp://127.0.0.1")) {
            subscribe(SEVEN, direct.address());
            Await.until("it is connected", () -> subscriber.connected(direct.address()));
            broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
            awaitPayloads(1);
            Await.until("it is heard", () -> {
                direct.send(new byte[] {2});
                return messages.stream().anyMatch(message -> message.publisherId() == 1);
            });
        }
    }

    @Test
    void aMessageThatTwoBrokersBringCountsOnceAndOneThatOnlyOneBringsIsNotMissed() {
        subscriber.close();
        subscriber = subscriber(List.of(broker.address(), second.address()));
        subscribe(SEVEN);
        second.awaitSubscription(SUBJECT);
        for (long sequence = 0; sequence < 200; sequence++) {
            if (sequence % 3 != 0) {
                broker.send(SUBJECT, TOPIC, 7, sequence, new byte[] {1});
            }
            if (sequence % 3 != 1) {
                second.send(SUBJECT, TOPIC, 7, sequence, new byte[] {1});
            }
        }
        broker.send(OTHER, TOPIC, 7, 1_000, new byte[] {1});
        broker.send(SUBJECT, TOPIC, 8, 0, new byte[] {1});
        second.send(SUBJECT, TOPIC, 8, 0, new byte[] {1});

        Await.until("all arrive", () -> messages.size() >= 201);
        Await.until("both have nothing more", () -> endsOfBoth() == 2);
        assertThat(messages.stream().filter(message -> message.publisherId() == 7))
                .extracting(EventMessage::sequence)
                .doesNotHaveDuplicates()
                .hasSize(200);
        assertThat(messages.stream().filter(message -> message.publisherId() == 8))
                .hasSize(1);
    }

    /// Each broker says once that this is all.
    private long endsOfBoth() {
        if (messages.stream().noneMatch(message -> message.publisherId() == 90)) {
            broker.send(SUBJECT, TOPIC, 90, 0, new byte[0]);
        }
        if (messages.stream().noneMatch(message -> message.publisherId() == 91)) {
            second.send(SUBJECT, TOPIC, 91, 0, new byte[0]);
        }
        return messages.stream().filter(message -> message.publisherId() >= 90).count();
    }

    @Test
    void aBrokerThatComesBackIsConnectedAgain() {
        subscribe(SEVEN);
        broker.close();
        Await.until("the loss is seen", () -> !subscriber.connected(SEVEN));

        try (TestBroker back = TestBroker.replacing(broker)) {
            back.awaitSubscription(SUBJECT);
            back.send(SUBJECT, TOPIC, 7, 1, new byte[] {3});
            awaitPayloads(3);
            Await.until("it is connected", () -> subscriber.connected(SEVEN));
        }
    }

    @Test
    void aBrokerMayHaveAName() {
        subscriber.close();
        subscriber = subscriber(List.of(broker.namedAddress()));
        subscribe(SEVEN);

        broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
        awaitPayloads(1);
    }

    @Test
    void aNameThatNobodyKnowsDisturbsNobody() {
        subscriber.close();
        subscriber = subscriber(List.of("tcp://no-such-host.invalid:1", broker.address()));
        subscribe(SEVEN);

        broker.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
        awaitPayloads(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void brokersThatAreConfiguredCountBeforeThoseThatAreAnnounced(boolean configured) {
        subscriber.close();
        subscriber = subscriber(configured ? List.of(broker.address()) : List.of());
        PublisherAddress announced = new PublisherAddress(7, SEVEN.endpoint() + "@" + second.address());
        TestBroker used = configured ? broker : second;
        assertThat(subscriber.reaches(announced)).isTrue();
        assertThat(subscriber.reaches(SEVEN)).isEqualTo(configured);

        subscriber.subscribe(Set.of(announced));
        used.awaitSubscription(SUBJECT);
        used.send(SUBJECT, TOPIC, 7, 0, new byte[] {1});
        awaitPayloads(1);
        assertThat(subscriber.connected(announced)).isTrue();
    }

    private ZmqEventSubscriber subscriber(List<String> brokers) {
        ZmqConfig config = new ZmqConfig(
                1_000, 10_000, Duration.ofMillis(20), Duration.ofMillis(100), new ZmqBrokers(List.of(), brokers));
        ZmqEventSubscriber started = new ZmqEventSubscriber(config, TOPIC, System::nanoTime);
        started.start(new EventListener() {
            @Override
            public void onMessage(EventMessage message) {
                messages.add(message);
            }

            @Override
            public void onMalformed(String detail) {
                throw new AssertionError(detail);
            }

            @Override
            public void onInterrupted(PublisherAddress publisher) {}
        });
        return started;
    }

    private void subscribe(PublisherAddress... publishers) {
        subscriber.subscribe(Set.of(publishers));
        for (PublisherAddress publisher : publishers) {
            if (publisher.subject() != null) {
                broker.awaitSubscription(publisher.subject());
                Await.until("the broker is connected", () -> subscriber.connected(publisher));
            }
        }
    }

    private void awaitPayloads(int... payloads) {
        Await.until(payloads.length + " messages", () -> messages.size() >= payloads.length);
        assertThat(messages)
                .extracting(message -> (int) message.payload().toBytes()[0])
                .containsExactly(box(payloads));
    }

    private static Integer[] box(int... numbers) {
        Integer[] boxed = new Integer[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            boxed[i] = numbers[i];
        }
        return boxed;
    }
}
