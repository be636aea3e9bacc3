package io.kvepp.it.http;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A frontend of the test's own that begins an answer to whatever it is sent and does not go on
/// before the test says so.
///
/// Thread-safe.
public final class HangingUpstream implements AutoCloseable {
    /// What its answers end with.
    public static final String TRAILER = "x-checksum: 7";

    private static final String BEGIN = """
            HTTP/1.1 200 OK\r
            content-type: text/event-stream\r
            transfer-encoding: chunked\r
            connection: close\r
            \r
            7\r
            data: 1\r
            """;
    private static final String END = "7\r\ndata: 2\r\n0\r\n" + TRAILER + "\r\n\r\n";

    private final ServerSocket server;
    private final List<Socket> open = new ArrayList<>();

    public HangingUpstream() {
        try {
            server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    /// Ends every answer that was begun.
    public synchronized void finish() {
        open.forEach(socket -> {
            try {
                send(socket, END);
            } catch (IOException e) {
                // Its reader has left already.
            }
        });
        open.clear();
    }

    @Override
    public void close() {
        finish();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> begin(socket));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void begin(Socket socket) {
        try {
            if (socket.getInputStream().read(new byte[1 << 16]) > 0) {
                synchronized (this) {
                    send(socket, BEGIN);
                    open.add(socket);
                }
                socket.getInputStream().readAllBytes();
            }
        } catch (IOException e) {
            // The other side left.
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }
}
