package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.Envelope;
import io.kvepp.eventplane.EnvelopeSequence;
import io.kvepp.eventplane.EventFrames;
import io.kvepp.eventplane.EventPublisher;
import io.kvepp.eventplane.PublisherAddress;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/// Sends one topic over ZMQ: from a socket of its own, or through brokers.
///
/// A subscriber that does not read in time loses messages, and so does everybody while no broker is
/// there.
///
/// Thread-safe. Owns the library's threads from [#start] to [#close].
public final class ZmqEventPublisher implements EventPublisher {
    private static final int SEND_MESSAGES_MAX = 100_000; // as Dynamo's
    private static final int LINGER_MILLIS = 500;

    private final ZmqConfig config;
    private final EnvelopeSequence messages;
    private final Way way;
    private @Nullable Open open;
    private @Nullable PublisherAddress address;

    /// How messages reach their subscribers.
    private sealed interface Way {
        /// They connect to a port of this host.
        record Direct(String host, String topic) implements Way {}

        /// They ask the brokers for this subject.
        record Brokers(String subject) implements Way {}
    }

    private record Open(ZContext context, ZMQ.Socket socket, String subscription) {}

    private ZmqEventPublisher(ZmqConfig config, EnvelopeSequence messages, Way way) {
        this.config = config;
        this.messages = messages;
        this.way = way;
    }

    /// Listens at a free port.
    ///
    /// @param host an IP of this machine that subscribers reach, IPv6 in brackets
    public static ZmqEventPublisher direct(ZmqConfig config, EnvelopeSequence messages, String topic, String host) {
        return new ZmqEventPublisher(config, messages, new Way.Direct(host, topic));
    }

    /// Connects to the publishers' side of every broker that is configured.
    ///
    /// @param subject such as `namespace.dynamo.component.backend.endpoint.generate.kv-events`
    public static ZmqEventPublisher throughBrokers(ZmqConfig config, EnvelopeSequence messages, String subject) {
        return new ZmqEventPublisher(config, messages, new Way.Brokers(subject));
    }

    @Override
    public synchronized void start() throws IOException {
        if (address != null) {
            throw new IllegalStateException("started twice");
        }
        ZContext context = new ZContext();
        context.setLinger(LINGER_MILLIS);
        try {
            ZMQ.Socket socket = ZmqSockets.create(context, SocketType.PUB, config);
            socket.setSndHWM(SEND_MESSAGES_MAX);
            String subscription = join(socket);
            open = new Open(context, socket, subscription);
        } catch (ZMQException | IllegalArgumentException e) {
            context.close();
            throw new IOException("event publisher: " + way + " (expected: addresses that can be used)", e);
        }
    }

    /// What subscribers ask for.
    private String join(ZMQ.Socket socket) {
        return switch (way) {
            case Way.Direct(var host, var topic) -> {
                int port = socket.bindToRandomPort("tcp://" + host);
                address = new PublisherAddress(messages.publisherId(), "tcp://" + host + ":" + port);
                yield topic;
            }
            case Way.Brokers(var subject) -> {
                config.brokers().publisherSide().forEach(socket::connect);
                address = new PublisherAddress(messages.publisherId(), "subject:" + subject);
                yield subject;
            }
        };
    }

    @Override
    public synchronized PublisherAddress address() {
        if (address == null) {
            throw new IllegalStateException("not started");
        }
        return address;
    }

    @Override
    public synchronized boolean publish(byte[] payload) {
        @Nullable Open current = open;
        if (current == null) {
            return false;
        }
        Envelope envelope = messages.wrap(payload);
        List<byte[]> frames = EventFrames.encode(current.subscription, envelope);
        for (int i = 0; i < frames.size(); i++) {
            int flags = ZMQ.DONTWAIT | (i < frames.size() - 1 ? ZMQ.SNDMORE : 0);
            if (!current.socket.send(frames.get(i), flags)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public synchronized void close() {
        @Nullable Open current = open;
        open = null;
        if (current != null) {
            current.context.close();
        }
    }
}
