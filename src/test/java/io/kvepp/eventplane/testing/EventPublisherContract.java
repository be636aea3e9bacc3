package io.kvepp.eventplane.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventMessage;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every [EventPublisher] keeps to, heard by the subscriber of the same event plane.
public abstract class EventPublisherContract {
    protected static final String TOPIC = "kv-events";
    protected static final String SUBJECT = "namespace.ns.component.backend.endpoint.generate." + TOPIC;
    private static final long PUBLISHER_ID = 0x1F_FFFF_FFFF_FFFFL;

    /// Jumps by an hour with each message, ahead and back.
    private final AtomicLong readings = new AtomicLong();

    private final List<EventMessage> heard = new CopyOnWriteArrayList<>();
    private final List<String> malformed = new CopyOnWriteArrayList<>();
    private EventPublisher publisher;
    private EventSubscriber subscriber;

    protected abstract EventPublisher publisher(EnvelopeSequence messages) throws Exception;

    protected abstract EventSubscriber subscriber() throws Exception;

    @BeforeEach
    void open() throws Exception {
        publisher = publisher(new EnvelopeSequence(
                PUBLISHER_ID,
                TOPIC,
                () -> Instant.ofEpochSecond(1_700_000_000 + 3_600 * (readings.getAndIncrement() % 2))));
        subscriber = subscriber();
        subscriber.start(new EventListener() {
            @Override
            public void onMessage(EventMessage message) {
                heard.add(message);
            }

            @Override
            public void onMalformed(String detail) {
                malformed.add(detail);
            }

            @Override
            public void onInterrupted(PublisherAddress address) {}
        });
    }

    @AfterEach
    void close() {
        publisher.close();
        subscriber.close();
    }

    @Test
    void payloadsArriveInOrderWithNumbersWithoutHolesThoughTheClockJumps() throws Exception {
        connect();
        int before = heard.size();
        int first = (int) heard.getLast().sequence() + 1;
        IntStream.range(0, 100)
                .forEach(number -> assertThat(publisher.publish(new byte[] {(byte) number}))
                        .isTrue());

        Await.until("all arrive", () -> heard.size() == before + 100);
        assertThat(heard.subList(before, before + 100))
                .extracting(EventMessage::sequence)
                .containsExactlyElementsOf(IntStream.range(first, first + 100)
                        .mapToObj(Long::valueOf)
                        .toList());
        assertThat(heard.subList(before, before + 100))
                .allSatisfy(message ->
                        assertThat(message.payload().toBytes()).containsExactly((byte) (message.sequence() - first)));
        assertThat(heard).extracting(EventMessage::publisherId).containsOnly(PUBLISHER_ID);
        assertThat(malformed).isEmpty();
        assertThat(readings).hasValueGreaterThan(100);
    }

    @Test
    void payloadsOfEverySizeArriveWhole() throws Exception {
        connect();
        int before = heard.size();
        List<Integer> sizes = List.of(0, 1, 255, 256, 65_535, 65_536, 500_000);
        sizes.forEach(size -> publisher.publish(new byte[size]));

        Await.until("all arrive", () -> heard.size() == before + sizes.size());
        assertThat(heard.subList(before, heard.size()))
                .extracting(message -> message.payload().length())
                .containsExactlyElementsOf(sizes);
    }

    @Test
    void nothingIsSentBeforeTheStartAndAfterTheEnd() throws IOException {
        assertThat(publisher.publish(new byte[1])).isFalse();
        publisher.start();
        publisher.close();

        assertThat(publisher.publish(new byte[1])).isFalse();
        publisher.close();
    }

    @Test
    void itStartsOnce() throws IOException {
        publisher.start();

        assertThatThrownBy(publisher::start).isInstanceOf(IllegalStateException.class);
    }

    /// Until the first message arrives: a subscription takes a moment.
    private void connect() throws IOException {
        publisher.start();
        subscriber.subscribe(Set.of(publisher.address()));
        assertThat(subscriber.reaches(publisher.address())).isTrue();
        Await.until("the publisher is heard", () -> {
            publisher.publish(new byte[0]);
            return !heard.isEmpty();
        });
        publisher.publish("last".getBytes(StandardCharsets.US_ASCII));
        Await.until(
                "what was sent so far has arrived",
                () -> heard.getLast().payload().length() == 4);
    }
}
