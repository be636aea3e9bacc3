package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.PublisherAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which connections stand at one moment.
///
/// - `brokers`: those of them that are brokers, as they are called
///
/// Immutable.
record Standing(Set<InetSocketAddress> addresses, Set<String> brokers) {
    static final Standing NOTHING = new Standing(Set.of(), Set.of());

    Standing {
        addresses = Set.copyOf(addresses);
        brokers = Set.copyOf(brokers);
    }

    /// Whether messages of the publisher can arrive: from itself, or through any of its brokers.
    boolean reaches(PublisherAddress publisher, ZmqBrokers configured) {
        if (publisher.subject() == null) {
            @Nullable InetSocketAddress address = TcpEndpoint.parse(publisher.endpoint());
            return address != null && addresses.contains(address);
        }
        return Targets.brokersOf(publisher, configured).stream().anyMatch(brokers::contains);
    }
}
