package io.kvepp.eventplane.zmq;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// Limits of the ZMQ event plane.
///
/// - `receiveMessagesMax`: messages that wait in this process per publisher; then TCP pushes back
///   and the publisher drops
/// - `frameBytesMax`: a larger frame ends the connection
/// - `reconnect`, `reconnectMax`: first and longest pause between two attempts to connect
/// - `brokers`: where messages of publishers are heard that announce no socket of their own; those
///   that are announced beside them unless any are given
///
/// Immutable.
public record ZmqConfig(
        int receiveMessagesMax, long frameBytesMax, Duration reconnect, Duration reconnectMax, ZmqBrokers brokers) {
    private static final int RECEIVE_MESSAGES_MAX_DEFAULT = 16_384;
    private static final long FRAME_BYTES_MAX_DEFAULT = 8 << 20;
    private static final Duration RECONNECT_DEFAULT = Duration.ofMillis(100);
    private static final Duration RECONNECT_MAX_DEFAULT = Duration.ofSeconds(1);

    public ZmqConfig {
        check(receiveMessagesMax > 0, "zmq-receive-messages-max", receiveMessagesMax, "> 0");
        check(frameBytesMax > 0, "zmq-frame-bytes-max", frameBytesMax, "> 0");
        check(reconnect.isPositive(), "zmq-reconnect", reconnect, "> 0");
        check(reconnectMax.compareTo(reconnect) >= 0, "zmq-reconnect-max", reconnectMax, ">= zmq-reconnect");
    }

    public static ZmqConfig from(Options options) {
        return new ZmqConfig(
                options.option("zmq-receive-messages-max", "messages of one publisher that may wait to be read")
                        .integer(RECEIVE_MESSAGES_MAX_DEFAULT),
                options.option("zmq-frame-bytes-max", "largest frame of an event; a larger one ends the connection")
                        .bytes(FRAME_BYTES_MAX_DEFAULT),
                options.option("zmq-reconnect", "pause before the first new attempt to connect to a publisher")
                        .duration(RECONNECT_DEFAULT),
                options.option("zmq-reconnect-max", "longest pause between two attempts to connect to a publisher")
                        .duration(RECONNECT_MAX_DEFAULT),
                brokers(options));
    }

    private static ZmqBrokers brokers(Options options) {
        String text = options.option(
                        ZmqBrokers.OPTION,
                        "brokers of KV events: xsub=tcp://HOST:PORT , xpub=tcp://HOST:PORT, several of a side with ;")
                .env("DYN_ZMQ_BROKER_URL")
                .string("");
        return text.isEmpty() ? ZmqBrokers.NONE : ZmqBrokers.parse(text);
    }
}
