package io.kvepp.eventplane.zmq;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// What all sockets here have in common.
///
/// Thread-safe; the sockets are not.
final class ZmqSockets {
    private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(5);

    private ZmqSockets() {}

    /// A socket within the limits that are configured, connected to nothing.
    static ZMQ.Socket create(ZContext context, SocketType type, ZmqConfig config) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setLinger(0);
        socket.setIPv6(true);
        socket.setRcvHWM(config.receiveMessagesMax());
        socket.setMaxMsgSize(config.frameBytesMax());
        socket.setReconnectIVL((int) config.reconnect().toMillis());
        socket.setReconnectIVLMax((int) config.reconnectMax().toMillis());
        socket.setHandshakeIvl((int) HANDSHAKE_MAX.toMillis());
        socket.setTCPKeepAlive(1);
        return socket;
    }

    /// How long an attempt to connect may show no sign.
    static Duration patience(ZmqConfig config) {
        return HANDSHAKE_MAX.plus(config.reconnectMax());
    }

    /// The frames of the next message, at most so many; the rest of them is dropped. Empty when none
    /// has arrived.
    static List<byte[]> receive(ZMQ.Socket socket, int framesMax) {
        List<byte[]> frames = new ArrayList<>(framesMax);
        byte @Nullable [] frame = socket.recv(ZMQ.DONTWAIT);
        while (frame != null) {
            if (frames.size() < framesMax) {
                frames.add(frame);
            }
            frame = socket.hasReceiveMore() ? socket.recv(ZMQ.DONTWAIT) : null;
        }
        return frames;
    }
}
