package io.kvepp.eventplane.zmq;

import io.kvepp.config.ConfigurationException;
import java.util.Arrays;
import java.util.List;

/// Brokers at which publishers and subscribers of the event plane meet.
///
/// - `publisherSide`: their XSUB sockets, which publishers connect to
/// - `subscriberSide`: their XPUB sockets, which subscribers connect to; each broker has every
///   message
///
/// An address is `tcp://HOST:PORT`; a name is looked up again when it stops working. Neither side
/// has an address when publishers are connected to directly.
///
/// Source: Dynamo's `DYN_ZMQ_BROKER_URL`.
///
/// Immutable.
public record ZmqBrokers(List<String> publisherSide, List<String> subscriberSide) {
    public static final ZmqBrokers NONE = new ZmqBrokers(List.of(), List.of());

    static final String OPTION = "zmq-broker-url";

    private static final String SHAPE = "xsub=tcp://HOST:PORT;..., xpub=tcp://HOST:PORT;...";
    private static final String PUBLISHERS = "xsub=";
    private static final String SUBSCRIBERS = "xpub=";

    public ZmqBrokers {
        publisherSide = List.copyOf(publisherSide);
        subscriberSide = List.copyOf(subscriberSide);
    }

    /// Reads `xsub=ADDRESS;ADDRESS , xpub=ADDRESS;ADDRESS`, in either order.
    ///
    /// @throws ConfigurationException when it is something else
    static ZmqBrokers parse(String text) {
        List<String> sides =
                Arrays.stream(text.split(",", -1)).map(String::trim).sorted().toList();
        if (sides.size() != 2
                || !sides.getFirst().startsWith(SUBSCRIBERS)
                || !sides.getLast().startsWith(PUBLISHERS)) {
            throw malformed(text);
        }
        return new ZmqBrokers(
                addresses(sides.getLast().substring(PUBLISHERS.length()), text),
                addresses(sides.getFirst().substring(SUBSCRIBERS.length()), text));
    }

    boolean isNone() {
        return subscriberSide.isEmpty();
    }

    private static List<String> addresses(String side, String text) {
        List<String> addresses = Arrays.stream(side.split(";", -1))
                .map(String::trim)
                .filter(address -> !address.isEmpty())
                .toList();
        if (addresses.isEmpty() || !addresses.stream().allMatch(BrokerAddresses::isAddress)) {
            throw malformed(text);
        }
        return addresses;
    }

    private static ConfigurationException malformed(String text) {
        return ConfigurationException.of(OPTION, text, SHAPE);
    }
}
