package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.eventplane.testing.WireMessages;
import java.util.List;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// A real PUB socket that speaks Dynamo's frames.
public final class TestPublisher implements AutoCloseable {
    static final String TOPIC = "kv-events";

    private final ZContext context = new ZContext();
    private final ZMQ.Socket socket;
    private final long publisherId;
    private final String endpoint;
    private long sequence;

    private TestPublisher(long publisherId, String host, int port) {
        this.publisherId = publisherId;
        context.setLinger(0);
        socket = context.createSocket(SocketType.PUB);
        socket.setIPv6(true);
        if (port == 0) {
            endpoint = host + ":" + socket.bindToRandomPort(host);
        } else {
            endpoint = host + ":" + port;
            socket.bind(endpoint);
        }
    }

    public static TestPublisher at(long publisherId, String host) {
        return new TestPublisher(publisherId, host, 0);
    }

    /// A publisher that takes over the port of one that was closed.
    static TestPublisher replacing(TestPublisher old, long publisherId) {
        int colon = old.endpoint.lastIndexOf(':');
        return new TestPublisher(
                publisherId, old.endpoint.substring(0, colon), Integer.parseInt(old.endpoint.substring(colon + 1)));
    }

    public PublisherAddress address() {
        return new PublisherAddress(publisherId, endpoint);
    }

    public void send(byte[] payload) {
        sendFrames(WireMessages.frames(TOPIC, publisherId, sequence++, payload));
    }

    void sendFrames(List<byte[]> frames) {
        for (int i = 0; i < frames.size(); i++) {
            socket.send(frames.get(i), i < frames.size() - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
