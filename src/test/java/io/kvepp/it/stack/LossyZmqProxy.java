package io.kvepp.it.stack;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands between one ZMQ publisher and its subscribers and loses some of its messages.
///
/// It knows as much of ZMTP 3 as that takes: a greeting of 64 bytes, then frames with flags (1: more
/// frames follow, 2: a size of eight bytes, 4: a command). Only whole messages are lost, commands
/// never.
///
/// Thread-safe.
public final class LossyZmqProxy implements AutoCloseable {
    private static final int GREETING_BYTES = 64;
    private static final int MORE = 1;
    private static final int LONG = 2;
    private static final int COMMAND = 4;

    private final URI publisher;
    private final ServerSocket server;
    private final Random random;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile double share;

    /// Loses nothing yet.
    ///
    /// @param publisher such as `tcp://10.0.0.5:35511`
    public LossyZmqProxy(String publisher, long seed) {
        this.publisher = URI.create(publisher);
        random = new Random(seed);
        try {
            server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /// What subscribers connect to.
    public String endpoint() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    /// How many messages were lost.
    public int lost() {
        return lost.get();
    }

    /// From now on so large a share of the messages is lost, 0 to 1.
    public void lose(double lostShare) {
        share = lostShare;
    }

    @Override
    public void close() {
        quietly(server);
        sockets.forEach(LossyZmqProxy::quietly);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket subscriber = server.accept();
                Socket upstream = new Socket(publisher.getHost(), publisher.getPort());
                sockets.add(subscriber);
                sockets.add(upstream);
                Thread.ofVirtual().start(() -> run(subscriber, upstream, () -> copy(subscriber, upstream)));
                Thread.ofVirtual().start(() -> run(subscriber, upstream, () -> lose(upstream, subscriber)));
            } catch (IOException e) {
                // Closed, or the publisher is gone: the subscriber tries again.
            }
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void run(Socket subscriber, Socket upstream, Step step) {
        try {
            step.run();
        } catch (IOException e) {
            // One side has gone; so does the other.
        } finally {
            quietly(subscriber);
            quietly(upstream);
        }
    }

    private static void copy(Socket from, Socket to) throws IOException {
        from.getInputStream().transferTo(to.getOutputStream());
    }

    private void lose(Socket from, Socket to) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(from.getInputStream()));
        OutputStream out = to.getOutputStream();
        // The greeting comes in parts: each side waits for some of the other's.
        forward(in, out, GREETING_BYTES);
        boolean losing = false;
        boolean inside = false;
        while (true) {
            int flags = in.readUnsignedByte();
            boolean isLong = (flags & LONG) != 0;
            long size = isLong ? in.readLong() : in.readUnsignedByte();
            byte[] body = in.readNBytes((int) size);
            if ((flags & COMMAND) == 0 && !inside) {
                losing = random.nextDouble() < share;
                lost.addAndGet(losing ? 1 : 0);
            }
            boolean drop = losing && (flags & COMMAND) == 0;
            inside = (flags & COMMAND) == 0 ? (flags & MORE) != 0 : inside;
            if (!drop) {
                write(out, flags, isLong, size, body);
            }
        }
    }

    private static void forward(InputStream in, OutputStream out, int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            out.write(in.read());
        }
    }

    private static void write(OutputStream out, int flags, boolean isLong, long size, byte[] body) throws IOException {
        byte[] head = new byte[isLong ? 1 + Long.BYTES : 2];
        head[0] = (byte) flags;
        for (int i = head.length - 1; i > 0; i--) {
            head[i] = (byte) size;
            size >>= Byte.SIZE;
        }
        out.write(head);
        out.write(body);
    }

    private static void quietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is to be gone, and it is.
        }
    }
}
