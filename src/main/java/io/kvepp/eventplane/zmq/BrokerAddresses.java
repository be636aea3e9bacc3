package io.kvepp.eventplane.zmq;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where brokers are: `tcp://HOST:PORT`, the host an IP or a name.
///
/// Names are looked up on a thread of their own, since that may take as long as it likes.
///
/// Thread-safe, except [#lookUp], which is confined to the subscriber's thread.
final class BrokerAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerAddresses.class);
    private static final Pattern NAMED = Pattern.compile("tcp://([A-Za-z0-9][A-Za-z0-9.-]{0,252}):([0-9]{1,5})");
    private static final int PORT_MAX = 65_535;
    private static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

    private final Map<String, InetSocketAddress> found = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicInteger version = new AtomicInteger();
    private boolean looked;
    private long lastLookNanos;

    static boolean isAddress(String text) {
        return TcpEndpoint.parse(text) != null || port(text) > 0;
    }

    /// The address, null while the name is not known.
    @Nullable
    InetSocketAddress of(String broker) {
        @Nullable InetSocketAddress literal = TcpEndpoint.parse(broker);
        return literal == null ? found.get(broker) : literal;
    }

    /// Another number whenever a name has another address.
    int version() {
        return version.get();
    }

    /// Looks the names among these up, unless that is under way or was done a moment ago.
    void lookUp(Collection<String> brokers, long nowNanos) {
        List<String> names = brokers.stream()
                .filter(broker -> TcpEndpoint.parse(broker) == null)
                .toList();
        boolean due = !looked || nowNanos - lastLookNanos > PAUSE_NANOS;
        if (!names.isEmpty() && due && looking.compareAndSet(false, true)) {
            looked = true;
            lastLookNanos = nowNanos;
            Thread.ofVirtual().name("zmq-broker-names").start(() -> {
                try {
                    names.forEach(this::find);
                } finally {
                    looking.set(false);
                }
            });
        }
    }

    private void find(String broker) {
        Matcher matcher = NAMED.matcher(broker);
        if (!matcher.matches()) {
            return;
        }
        try {
            InetSocketAddress address =
                    new InetSocketAddress(InetAddress.getByName(matcher.group(1)), Integer.parseInt(matcher.group(2)));
            if (!address.equals(found.put(broker, address))) {
                version.incrementAndGet();
            }
        } catch (UnknownHostException e) {
            LOG.debug("no address of {}", broker, e);
        }
    }

    private static int port(String text) {
        Matcher matcher = NAMED.matcher(text);
        int port = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
        return port > PORT_MAX ? 0 : port;
    }
}
