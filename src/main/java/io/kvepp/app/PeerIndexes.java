package io.kvepp.app;

import io.kvepp.kvcache.dump.DumpReader;
import io.kvepp.kvcache.routed.RoutedBlocks;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes over the decisions of another replica: of the first that answers.
///
/// Every wait has a limit. What was read before a failure stays: it expires like all decisions.
///
/// Thread-safe.
final class PeerIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(PeerIndexes.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration TIME_MAX = Duration.ofSeconds(60);

    private final List<URI> peers;
    private final LongSupplier nanoClock;

    /// @param peers base URLs of admin ports
    PeerIndexes(List<URI> peers, LongSupplier nanoClock) {
        this.peers = List.copyOf(peers);
        this.nanoClock = nanoClock;
    }

    /// Returns when one peer was read to its end, or none could be; true for the former. While it
    /// runs, decisions are made and looked up as ever.
    boolean load(RoutedBlocks decisions) {
        for (URI peer : peers) {
            AtomicLong adopted = new AtomicLong();
            try {
                read(peer, decisions, adopted);
                LOG.info("decisions of another replica taken over: peer={} events={}", peer, adopted);
                return true;
            } catch (IOException e) {
                LOG.warn("another replica's decisions: peer={} events={} {}", peer, adopted, e.getMessage());
            }
        }
        return false;
    }

    private void read(URI peer, RoutedBlocks decisions, AtomicLong adopted) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(peer + "/dump").toURL().openConnection();
        connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
        connection.setReadTimeout((int) READ_TIMEOUT.toMillis());
        connection.setInstanceFollowRedirects(false);
        try {
            int status = connection.getResponseCode();
            if (status != HttpURLConnection.HTTP_OK) {
                throw new IOException("status: " + status + " (expected: 200)");
            }
            read(connection.getInputStream(), decisions, adopted);
        } finally {
            connection.disconnect();
        }
    }

    private void read(InputStream in, RoutedBlocks decisions, AtomicLong adopted) throws IOException {
        long endNanos = nanoClock.getAsLong() + TIME_MAX.toNanos();
        DumpReader.read(in, event -> {
            if (nanoClock.getAsLong() - endNanos > 0) {
                return false;
            }
            if (decisions.adopt(event)) {
                adopted.incrementAndGet();
            }
            return true;
        });
    }
}
