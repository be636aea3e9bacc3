package io.kvepp.requestplane;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A connection that a worker opened: it answers on it, and may be told there to stop.
///
/// Reads are confined to one thread at a time; [#kill] and [#close] are for any thread.
final class HomeConnection implements Closeable {
    private final Socket socket;
    private final DataInputStream in;

    HomeConnection(Socket socket) throws IOException {
        this.socket = socket;
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    TwoPart read(long bytesMax) throws IOException, RequestPlaneException {
        return TwoPart.read(in, bytesMax);
    }

    /// Tells the worker to stop, and closes. A worker that does not hear it sees the end of the
    /// connection.
    void kill() {
        try {
            byte[] kill = "\"kill\"".getBytes(StandardCharsets.UTF_8);
            socket.getOutputStream().write(TwoPart.headerOnly(kill).toBytes());
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
}
