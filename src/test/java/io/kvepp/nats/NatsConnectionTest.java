package io.kvepp.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.tls.ClientTls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NatsConnectionTest {
    private FakeNatsServer server = FakeNatsServer.start();
    private final NatsConnection connection = new NatsConnection(config(server.url()));
    private final Recorder recorder = new Recorder();

    private static final class Recorder implements NatsListener {
        final List<String> messages = new CopyOnWriteArrayList<>();
        final AtomicInteger interruptions = new AtomicInteger();

        @Override
        public void onMessage(String subject, byte[] body) {
            messages.add(subject + " " + new String(body, StandardCharsets.UTF_8));
            if (messages.size() == 1) {
                throw new IllegalStateException("the first one cannot be handled");
            }
        }

        @Override
        public void onInterruption() {
            interruptions.incrementAndGet();
        }
    }

    @AfterEach
    void close() {
        connection.close();
        server.close();
    }

    @Test
    void subjectsMayChangeWhileMessagesCome() {
        connection.start();
        NatsSubscription subscription = connection.subscription(recorder);
        subscription.subscribe(Set.of("a", "b"));
        Await.until("a and b stand", () -> subscription.stands("a") && subscription.stands("b"));
        server.send("a", bytes("1"));
        server.send("b", bytes("2"));
        Await.until("both arrive", () -> recorder.messages.size() == 2);

        subscription.subscribe(Set.of("b", "c"));
        Await.until("c stands", () -> subscription.stands("c"));
        assertThat(subscription.stands("a")).isFalse();
        assertThat(server.hears("a")).isFalse();
        server.send("c", bytes("3"));
        Await.until("it arrives", () -> recorder.messages.size() == 3);

        assertThat(recorder.messages).containsExactly("a 1", "b 2", "c 3");
        subscription.close();
        Await.until("nothing is heard", () -> !server.hears("b") && !server.hears("c"));
    }

    @Test
    void aServerThatComesBackIsSubscribedToAgainAndTheInterruptionIsTold() {
        NatsSubscription subscription = connection.subscription(recorder);
        subscription.subscribe(Set.of("a"));
        connection.start();
        Await.until("a stands", () -> subscription.stands("a"));
        server.close();
        Await.until("the loss is seen", () -> !subscription.stands("a") && !connection.connected());
        subscription.subscribe(Set.of("a", "b"));

        server = FakeNatsServer.at(server.port());
        Await.until("both stand", () -> subscription.stands("a") && subscription.stands("b"));

        Await.until("the interruption is told", () -> recorder.interruptions.get() == 1);
        server.send("a", bytes("1"));
        Await.until("a message arrives", () -> recorder.messages.size() == 1);
    }

    @Test
    void aServerThatComesLateIsFound() {
        int port = server.port();
        server.close();
        connection.start();
        NatsSubscription subscription = connection.subscription(recorder);
        subscription.subscribe(Set.of("a"));
        assertThat(connection.publish("x", bytes("lost"))).isFalse();

        server = FakeNatsServer.at(port);

        Await.until("a stands", () -> subscription.stands("a"));
        assertThat(connection.publish("x", bytes("kept"))).isTrue();
        Await.until("it is published", () -> server.published().contains("x kept"));
        assertThat(server.connects().getFirst()).contains("\"user\":\"user\"", "\"pass\":\"user\"");
    }

    @Test
    void aQuestionFailsWhenThereIsNobodyToAsk() {
        assertThatThrownBy(() -> connection
                        .request("q", new byte[0], Duration.ofMillis(50))
                        .join())
                .hasMessageContaining("nats-server: not connected");
        connection.start();
        Await.until("connected", connection::connected);

        assertThatThrownBy(() -> connection
                        .request("q", new byte[0], Duration.ofMillis(50))
                        .join())
                .isInstanceOf(RuntimeException.class);
    }

    private static NatsConfig config(String url) {
        return new NatsConfig(
                url, NatsAuth.DEFAULT, ClientTls.SYSTEM, Duration.ofSeconds(2), Duration.ofMillis(20), 1_000, 1 << 20);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
