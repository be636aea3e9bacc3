package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.dump.DumpWriter;
import io.kvepp.kvcache.routed.RoutedBlocks;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerIndexesTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(1, 0);
    private static final BlockHashes PROMPT = new BlockHasher(1, null, null, false).hash(new int[] {1, 2, 3, 4});

    private final WorkerSlots slots = new WorkerSlots();
    private final AtomicLong nanos = new AtomicLong();
    private final RoutedBlocks decisions = routedBlocks(new PrefixKvIndexer(slots));
    private final HttpServer server;

    PeerIndexesTest() throws IOException {
        slots.assign(RANK);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void theDecisionsOfTheFirstReplicaThatAnswersAreTakenOver() throws IOException {
        answer("/good/dump", 200, dump());
        answer("/busy/dump", 503, "");
        answer("/odd/dump", 200, "[]");
        URI nobody = URI.create("http://127.0.0.1:1");

        assertThat(load(nobody, at("/busy"), at("/odd"), at("/good"), at("/unasked")))
                .isTrue();
        assertThat(decisions.findMatches(PROMPT).device(slots.slotOf(RANK))).isEqualTo(4);
    }

    @Test
    void whenNoneAnswersNothingIsTakenOver() {
        answer("/gone/dump", 404, "");

        assertThat(load(at("/gone"))).isFalse();
        assertThat(load()).isFalse();
        assertThat(decisions.blocks()).isZero();
    }

    @Test
    void aReplicaThatTakesTooLongIsLeft() throws IOException {
        answer("/slow/dump", 200, dump());
        AtomicLong clock = new AtomicLong();
        // More than the limit passes between two looks at it.
        PeerIndexes peers = new PeerIndexes(
                List.of(at("/slow")),
                () -> clock.getAndAdd(Duration.ofSeconds(61).toNanos()));

        assertThat(peers.load(decisions)).isFalse();
        assertThat(decisions.blocks()).isZero();
    }

    private boolean load(URI... peers) {
        return new PeerIndexes(List.of(peers), nanos::get).load(decisions);
    }

    private URI at(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private void answer(String path, int status, String text) {
        server.createContext(path, exchange -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    /// Of a replica that sent the prompt to the rank.
    private String dump() throws IOException {
        PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
        routedBlocks(indexer).routed(RANK, PROMPT);
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(indexer, _ -> "default")
                .write(ModelCards.set(ModelCards.aggregated("m").on(1)), json);
        return json.toString(StandardCharsets.UTF_8);
    }

    private RoutedBlocks routedBlocks(PrefixKvIndexer indexer) {
        return new RoutedBlocks(indexer, slots, new RoutedBlocks.Limits(Duration.ofSeconds(10), 100), nanos::get);
    }
}
