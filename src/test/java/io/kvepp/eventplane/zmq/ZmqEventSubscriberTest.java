package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.WireMessages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZmqEventSubscriberTest {
    private static final ZmqConfig CONFIG =
            new ZmqConfig(1_000, 10_000, Duration.ofMillis(20), Duration.ofMillis(100), ZmqBrokers.NONE);
    private static final String LOOPBACK = "tcp://127.0.0.1";

    private final AtomicLong clockSkewNanos = new AtomicLong();
    private final ZmqEventSubscriber subscriber =
            new ZmqEventSubscriber(CONFIG, TestPublisher.TOPIC, () -> System.nanoTime() + clockSkewNanos.get());
    private final Recorder recorder = new Recorder();

    private static final class Recorder implements EventListener {
        final List<EventMessage> messages = new CopyOnWriteArrayList<>();
        final List<String> malformed = new CopyOnWriteArrayList<>();
        final AtomicInteger probes = new AtomicInteger();

        @Override
        public void onMessage(EventMessage message) {
            messages.add(message);
        }

        @Override
        public void onMalformed(String detail) {
            if (detail.startsWith("1 frames")) {
                probes.incrementAndGet();
            } else {
                malformed.add(detail);
            }
        }

        @Override
        public void onInterrupted(PublisherAddress publisher) {}
    }

    @BeforeEach
    void start() {
        subscriber.start(recorder);
    }

    @AfterEach
    void close() {
        subscriber.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://127.0.0.1", "tcp://[::1]"})
    void receivesFromAPublisherOfEitherAddressFamily(String host) {
        try (TestPublisher publisher = TestPublisher.at(-7, host)) {
            connect(publisher);
            publisher.send(new byte[] {1, 2});

            awaitMessages(1);
            EventMessage message = recorder.messages.getFirst();
            assertThat(message.publisherId()).isEqualTo(-7);
            assertThat(message.payload().toBytes()).containsExactly(1, 2);
        }
    }

    @Test
    void aPublisherThatIsRestartedAtTheSameAddressIsConnectedAgain() {
        TestPublisher old = TestPublisher.at(7, LOOPBACK);
        connect(old);
        old.close();
        Await.until("the loss is seen", () -> !subscriber.connected(old.address()));

        try (TestPublisher restarted = TestPublisher.replacing(old, 8)) {
            connect(restarted);
            restarted.send(new byte[] {3});
            awaitMessages(1);
            assertThat(recorder.messages.getFirst().publisherId()).isEqualTo(8);
        }
    }

    @Test
    void aPublisherMayAppearAfterItsAddress() {
        TestPublisher gone = TestPublisher.at(7, LOOPBACK);
        gone.close();
        subscriber.subscribe(Set.of(gone.address()));

        try (TestPublisher late = TestPublisher.replacing(gone, 7)) {
            connect(late);
            late.send(new byte[] {3});
            awaitMessages(1);
        }
    }

    @Test
    void theSetOfPublishersChangesWhileRunning() {
        try (TestPublisher first = TestPublisher.at(1, LOOPBACK);
                TestPublisher second = TestPublisher.at(2, LOOPBACK)) {
            connect(first);
            subscriber.subscribe(Set.of(first.address(), second.address()));
            Await.until("both are connected", () -> subscriber.connected(second.address()));
            assertThat(subscriber.connected(first.address())).isTrue();
            connect(second);
            Await.until("the first is dropped", () -> !subscriber.connected(first.address()));

            first.send(new byte[] {1});
            second.send(new byte[] {2});

            awaitMessages(1);
            assertThat(recorder.messages).extracting(EventMessage::publisherId).containsExactly(2L);
        }
    }

    @Test
    void malformedMessagesAreReportedAndTheNextGoodOneArrives() {
        try (TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            connect(publisher);
            byte[] topic = TestPublisher.TOPIC.getBytes(StandardCharsets.UTF_8);
            publisher.sendFrames(List.of(topic, new byte[8]));
            publisher.sendFrames(List.of(topic, new byte[8], new byte[8], new byte[3]));
            publisher.sendFrames(List.of(topic, new byte[0], new byte[0], new byte[0], new byte[0], new byte[0]));
            publisher.send(new byte[] {4});

            awaitMessages(1);
            assertThat(recorder.malformed).hasSize(3);
            assertThat(recorder.malformed.get(2)).isEqualTo("5 frames (expected: 4)");
        }
    }

    @Test
    void aTopicThatOnlyStartsAlikeIsNotOurs() {
        try (TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            connect(publisher);
            publisher.sendFrames(WireMessages.frames("kv-events-v2", 7, 0, new byte[1]));
            publisher.send(new byte[] {4});

            awaitMessages(1);
            assertThat(recorder.malformed).isEmpty();
        }
    }

    @Test
    void aFrameOverTheLimitEndsTheConnectionWhichIsThenMadeAgain() {
        try (TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            connect(publisher);
            publisher.send(new byte[20_000]);
            Await.until("the connection is given up", () -> !subscriber.connected(publisher.address()));
            clockSkewNanos.addAndGet(Duration.ofMinutes(1).toNanos());
            Await.until("it is made again", () -> subscriber.connected(publisher.address()));

            Await.until("messages arrive again", () -> {
                publisher.send(new byte[] {4});
                return !recorder.messages.isEmpty();
            });
            assertThat(recorder.messages.getFirst().payload().toBytes()).containsExactly(4);
        }
    }

    @Test
    void aServerOfAnotherProtocolNeverCountsAsConnectedAndDisturbsNobody() throws IOException {
        AtomicInteger accepted = new AtomicInteger();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            Thread.ofVirtual().start(() -> answerAsWebServer(server, accepted));
            PublisherAddress wrong = new PublisherAddress(9, LOOPBACK + ":" + server.getLocalPort());
            subscriber.subscribe(Set.of(wrong, publisher.address()));
            Await.until("the publisher is connected", () -> subscriber.connected(publisher.address()));
            untilSubscribed(publisher);
            Await.until("the server was tried twice", () -> {
                assertThat(subscriber.connected(wrong)).isFalse();
                return accepted.get() >= 2;
            });

            publisher.send(new byte[] {4});
            awaitMessages(1);
        }
    }

    @Test
    void anEndpointThatCannotBeUsedDisturbsNobody() {
        try (TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            PublisherAddress wrong = new PublisherAddress(9, "tcp://no-such-host.invalid:1");
            subscriber.subscribe(Set.of(wrong, publisher.address()));
            Await.until("the publisher is connected", () -> subscriber.connected(publisher.address()));
            untilSubscribed(publisher);
            publisher.send(new byte[] {4});

            awaitMessages(1);
            assertThat(subscriber.connected(wrong)).isFalse();
        }
    }

    @Test
    void afterCloseNothingIsConnected() {
        try (TestPublisher publisher = TestPublisher.at(7, LOOPBACK)) {
            connect(publisher);
            subscriber.close();
            assertThat(subscriber.connected(publisher.address())).isFalse();
        }
    }

    private void connect(TestPublisher publisher) {
        subscriber.subscribe(Set.of(publisher.address()));
        Await.until("connected to " + publisher.address(), () -> subscriber.connected(publisher.address()));
        untilSubscribed(publisher);
    }

    /// The subscription travels behind the handshake that made it connected.
    private void untilSubscribed(TestPublisher publisher) {
        int before = recorder.probes.get();
        Await.until("subscribed", () -> {
            publisher.sendFrames(List.of(TestPublisher.TOPIC.getBytes(StandardCharsets.UTF_8)));
            return recorder.probes.get() > before;
        });
    }

    private void awaitMessages(int count) {
        Await.until(count + " messages", () -> recorder.messages.size() >= count);
        assertThat(recorder.messages).hasSize(count);
    }

    private static void answerAsWebServer(ServerSocket server, AtomicInteger accepted) {
        byte[] answer = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                .repeat(3)
                .getBytes(StandardCharsets.US_ASCII);
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                accepted.incrementAndGet();
                socket.getOutputStream().write(answer);
            } catch (IOException e) {
                if (!server.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
