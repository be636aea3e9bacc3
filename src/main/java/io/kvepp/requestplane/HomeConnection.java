package io.kvepp.requestplane;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// A connection that a worker opened: it answers on it, and may be told there to stop.
///
/// Reads are confined to one thread at a time; [#stop], [#kill] and [#close] are for any thread.
final class HomeConnection implements Closeable {
    private static final byte[] STOP = control("\"stop\"");
    private static final byte[] KILL = control("\"kill\"");

    private final Socket socket;
    private final DataInputStream in;

    HomeConnection(Socket socket) throws IOException {
        this.socket = socket;
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /// Reads wait so long for more bytes, then end with a SocketTimeoutException.
    void allowSilence(Duration limit) throws IOException {
        socket.setSoTimeout(Math.toIntExact(Math.min(limit.toMillis(), Integer.MAX_VALUE)));
    }

    TwoPart read(long bytesMax) throws IOException, RequestPlaneException {
        return TwoPart.read(in, bytesMax);
    }

    /// Asks the worker to end its answer.
    void stop() {
        try {
            socket.getOutputStream().write(STOP);
        } catch (IOException _) {
            // Whoever reads the answer sees that the connection is gone.
        }
    }

    /// Tells the worker to stop, and closes. A worker that does not hear it sees the end of the
    /// connection.
    void kill() {
        try {
            socket.getOutputStream().write(KILL);
        } catch (IOException _) {
            // The connection is gone, which is what the message asks for.
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        Closing.quietly(socket);
    }

    private static byte[] control(String json) {
        return TwoPart.headerOnly(json.getBytes(StandardCharsets.UTF_8)).toBytes();
    }
}
