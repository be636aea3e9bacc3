package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.eventplane.testing.WireMessages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// The subscribers' side of a broker, at which a test says what publishers sent.
final class TestBroker implements AutoCloseable {
    private static final int SUBSCRIBE = 1;

    private final ZContext context = new ZContext();
    private final ZMQ.Socket socket;
    private final int port;
    private final List<String> subscriptions = new ArrayList<>();

    private TestBroker(int port) {
        context.setLinger(0);
        socket = context.createSocket(SocketType.XPUB);
        this.port = port == 0 ? socket.bindToRandomPort("tcp://127.0.0.1") : port;
        if (port != 0) {
            socket.bind("tcp://127.0.0.1:" + port);
        }
    }

    static TestBroker start() {
        return new TestBroker(0);
    }

    /// A broker that takes over the port of one that was closed.
    static TestBroker replacing(TestBroker old) {
        return new TestBroker(old.port);
    }

    String address() {
        return "tcp://127.0.0.1:" + port;
    }

    String namedAddress() {
        return "tcp://localhost:" + port;
    }

    /// Waits until somebody has subscribed to this text.
    void awaitSubscription(String text) {
        Await.until("somebody subscribes to " + text, () -> {
            follow();
            return subscriptions.contains(text);
        });
    }

    /// Waits until nobody is subscribed to it any more.
    void awaitNoSubscription(String text) {
        Await.until("nobody subscribes to " + text, () -> {
            follow();
            return !subscriptions.contains(text);
        });
    }

    void send(String subject, String topic, long publisherId, long sequence, byte[] payload) {
        List<byte[]> frames = WireMessages.frames(topic, publisherId, sequence, payload);
        socket.sendMore(subject.getBytes(StandardCharsets.UTF_8));
        for (int i = 1; i < frames.size(); i++) {
            socket.send(frames.get(i), i < frames.size() - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    private void follow() {
        for (byte[] frame = socket.recv(ZMQ.DONTWAIT); frame != null; frame = socket.recv(ZMQ.DONTWAIT)) {
            String text = new String(frame, 1, frame.length - 1, StandardCharsets.UTF_8);
            if (frame[0] == SUBSCRIBE) {
                subscriptions.add(text);
            } else {
                subscriptions.remove(text);
            }
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
