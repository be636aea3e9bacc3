package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.PublisherAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What it takes to hear a set of publishers.
///
/// - `connections`: what to connect to, by its address
/// - `subjects`: what to subscribe to at brokers; who is connected to directly has one topic
/// - `brokers`: whom to hear the subjects from
/// - `unusable`: endpoints that are none
///
/// Immutable.
record Targets(
        Map<InetSocketAddress, String> connections, Set<String> subjects, Set<String> brokers, Set<String> unusable) {
    static final Targets NONE = new Targets(Map.of(), Set.of(), Set.of(), Set.of());

    Targets {
        connections = Map.copyOf(connections);
        subjects = Set.copyOf(subjects);
        brokers = Set.copyOf(brokers);
        unusable = Set.copyOf(unusable);
    }

    /// @param configured are asked instead of those that were announced
    static Targets of(Set<PublisherAddress> publishers, ZmqBrokers configured, BrokerAddresses names) {
        Map<InetSocketAddress, String> connections = new HashMap<>();
        Set<String> subjects = new HashSet<>();
        Set<String> brokers = new HashSet<>();
        Set<String> unusable = new HashSet<>();
        for (PublisherAddress publisher : publishers) {
            @Nullable String subject = publisher.subject();
            if (subject != null) {
                subjects.add(subject);
                brokers.addAll(brokersOf(publisher, configured));
                continue;
            }
            @Nullable InetSocketAddress address = TcpEndpoint.parse(publisher.endpoint());
            if (address == null) {
                unusable.add(publisher.endpoint());
            } else {
                connections.putIfAbsent(address, publisher.endpoint());
            }
        }
        for (String broker : brokers) {
            @Nullable InetSocketAddress address = names.of(broker);
            if (address != null) {
                connections.putIfAbsent(address, TcpEndpoint.text(address));
            } else if (!BrokerAddresses.isAddress(broker)) {
                unusable.add(broker);
            }
        }
        return new Targets(connections, subjects, brokers, unusable);
    }

    static List<String> brokersOf(PublisherAddress publisher, ZmqBrokers configured) {
        return configured.isNone() ? publisher.brokers() : configured.subscriberSide();
    }
}
