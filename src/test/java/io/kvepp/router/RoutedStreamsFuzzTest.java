package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.extproc.ExtProcConfig;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Gateways in every body mode, some of which break the rules or leave, beside one another over a
/// real router with its real bookings, while workers come and go: bodies pass whole, every stream
/// ends, and no booking is left.
class RoutedStreamsFuzzTest {
    private static final int SEQUENCES = 50_000;
    private static final int ROUND = 100;
    private static final int BESIDE = 8;
    private static final long SEED = 20_261_122;

    /// Enough for the streams that run beside one another; what a thousand of them left would fill
    /// it.
    private static final String BODY_BYTES_TOTAL_MAX = "256KiB";

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<FuzzedStream> running = new ArrayList<>();
    private final Map<FuzzedStream.Outcome, Integer> bodies = new EnumMap<>(FuzzedStream.Outcome.class);
    private RouterFixture fixture;
    private InProcessGateway gateway;
    private ModelCards cards;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        Options waiting = new Options(Map.of("router-queue-threshold", List.of("0")), Map.of());
        fixture = RouterFixture.queueing(folder, QueueConfig.from(waiting));
        cards = ModelCards.aggregated("m").files(WarmUpModel.in(folder));
        fixture.serve(cards.on(1), cards.on(2), cards.on(3));
        gateway = new InProcessGateway(
                ExtProcConfig.from(new Options(
                        Map.of(
                                "body-bytes-max", List.of(BODY_BYTES_TOTAL_MAX),
                                "body-bytes-total-max", List.of(BODY_BYTES_TOTAL_MAX)),
                        Map.of())),
                fixture);
    }

    @AfterEach
    void close() {
        gateway.close();
        fixture.close();
    }

    @Test
    void noSequenceLeaksABookingOrChangesABody() {
        int booked = 0;
        for (int sequence = 0; sequence < SEQUENCES; sequence += ROUND) {
            for (int i = 0; i < ROUND; i++) {
                running.add(open());
                while (running.size() >= BESIDE) {
                    tick();
                }
                booked = Math.max(booked, fixture.active.reservations());
            }
            for (int ticks = 0; !running.isEmpty() && ticks < 10_000; ticks++) {
                tick();
            }
            running.forEach(FuzzedStream::leave);
            running.clear();
            runPicks();
            assertThat(gateway.openStreams()).as("open after %s", sequence).isZero();
            assertThat(fixture.active.reservations())
                    .as("booked after %s", sequence)
                    .isZero();
        }

        assertThat(booked).as("bookings beside one another").isGreaterThan(1);
        assertThat(bodies.get(FuzzedStream.Outcome.SAME)).isGreaterThan(SEQUENCES / 10);
        assertThat(bodies.get(FuzzedStream.Outcome.SPLICED)).isGreaterThan(SEQUENCES / 10);
        assertThat(fixture.metrics.scrape())
                .contains("kv_epp_queue_wait_seconds_count")
                .doesNotContain("bodies_full");
    }

    private void tick() {
        FuzzedStream stream = running.get(random.nextInt(running.size()));
        stream.step();
        if (stream.isOver()) {
            bodies.merge(stream.ended(), 1, Integer::sum);
            stream.leave();
            running.remove(stream);
        }
        fixture.nanos.addAndGet(100_000);
        if (random.nextInt(3) == 0) {
            runPicks();
        }
        if (random.nextInt(2_000) == 0) {
            if (random.nextBoolean()) {
                fixture.serve(cards.on(1), cards.on(2));
            } else {
                fixture.serve(cards.on(1), cards.on(2), cards.on(3));
            }
        }
    }

    private void runPicks() {
        while (!fixture.pickTasks.isEmpty()) {
            fixture.pickTasks.remove().run();
        }
    }

    private FuzzedStream open() {
        String path = random.nextInt(10) == 0 ? "/v1/unknown" : "/v1/chat/completions";
        return new FuzzedStream(gateway.stub(), random, path, body());
    }

    private byte[] body() {
        String chat = switch (random.nextInt(10)) {
            case 0 -> RouterFixture.chatBody("other", words(20), "");
            case 1 -> "{\"model\": \"m\", \"messages\": [" + words(10);
            case 2 -> RouterFixture.chatBody("m", words(1_500), "");
            default -> RouterFixture.chatBody("m", words(random.nextInt(1, 100)), ", \"stream\": true");
        };
        return chat.getBytes(StandardCharsets.UTF_8);
    }

    private String words(int count) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append("word").append(random.nextInt(5)).append(' ');
        }
        return words.toString();
    }
}
