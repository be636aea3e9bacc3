package io.kvepp.eventplane.zmq;

import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZEvent;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/// The SUB socket of one engine, and its monitor. A socket of its own for each engine, because
/// nothing in a message tells whose it is.
///
/// Confined to the subscriber's thread.
final class EngineSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineSocket.class);
    private static final int FRAMES = 3;
    private static final int MESSAGES_A_TURN_MAX = 1_000;

    private final EngineAddress engine;
    private final ZMQ.Socket subscriber;
    private final ZMQ.Socket monitor;
    private final Dial dial;

    EngineSocket(ZContext context, ZmqConfig config, EngineAddress engine, long number, long nowNanos) {
        this.engine = engine;
        subscriber = ZmqSockets.create(context, SocketType.SUB, config);
        subscriber.subscribe(ZMQ.SUBSCRIPTION_ALL);
        String monitorAddress = "inproc://engine-monitor-" + number;
        subscriber.monitor(monitorAddress, ZMQ.EVENT_ALL);
        monitor = context.createSocket(SocketType.PAIR);
        monitor.connect(monitorAddress);
        dial = new Dial(engine.eventAddress(), nowNanos);
        connect();
    }

    boolean stands() {
        return dial.stands();
    }

    void register(ZMQ.Poller poller) {
        poller.register(subscriber, ZMQ.Poller.POLLIN);
        poller.register(monitor, ZMQ.Poller.POLLIN);
    }

    /// Reads what the monitor says, and dials again when the connection is stalled.
    void keep(long nowNanos, long patienceNanos, EngineListener listener) {
        boolean stood = dial.stands();
        for (@Nullable ZEvent event = ZEvent.recv(monitor, ZMQ.DONTWAIT);
                event != null;
                event = ZEvent.recv(monitor, ZMQ.DONTWAIT)) {
            dial.follow(event, nowNanos);
            // A connection may have been lost and made again within one turn.
            stood &= dial.stands();
        }
        if (dial.stands() && !stood) {
            listener.onConnected(engine);
        }
        if (dial.isStalled(nowNanos, patienceNanos)) {
            disconnect();
            connect();
            dial.redialled(nowNanos);
        }
    }

    /// Gives the listener what has arrived, up to a limit, so that other engines have their turn.
    void receive(EngineListener listener) {
        for (int i = 0; i < MESSAGES_A_TURN_MAX; i++) {
            List<byte[]> frames = ZmqSockets.receive(subscriber, FRAMES + 1);
            if (frames.isEmpty()) {
                return;
            }
            if (frames.size() != FRAMES || frames.get(1).length != Long.BYTES) {
                listener.onMalformed(engine, frames.size() + " frames (expected: topic, sequence of 8 bytes, events)");
                continue;
            }
            long sequence = ByteBuffer.wrap(frames.get(1)).getLong();
            if (sequence < 0) {
                listener.onMalformed(engine, "sequence: " + sequence + " (expected: >= 0)");
            } else {
                listener.onMessage(engine, sequence, frames.get(2));
            }
        }
    }

    @Override
    public void close() {
        subscriber.close();
        monitor.close();
    }

    /// An address that is none is never dialled.
    private void connect() {
        @Nullable InetSocketAddress address = TcpEndpoint.parse(engine.eventAddress());
        if (address != null) {
            subscriber.connect(engine.eventAddress());
        }
    }

    private void disconnect() {
        try {
            subscriber.disconnect(engine.eventAddress());
        } catch (ZMQException | IllegalArgumentException e) {
            // Nothing to disconnect: the connection never stood or the library has dropped it.
            LOG.debug("not disconnected: endpoint={}", engine.eventAddress(), e);
        }
    }
}
