package io.kvepp.requestplane;

import io.kvepp.msgpack.MsgpackWriter;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A worker whose every request is served by the same script.
final class FakeWorker implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private final Set<Home> answers = ConcurrentHashMap.newKeySet();
    private final Script script;

    /// What the worker does with a request. A script that throws IOException has just ended.
    interface Script {
        void serve(Request request) throws IOException;
    }

    FakeWorker(Script script) throws IOException {
        this.script = script;
        Thread.startVirtualThread(this::accept);
    }

    String transport() {
        return "127.0.0.1:" + server.getLocalPort() + "/7b/ns/component/endpoint";
    }

    /// Connections of answers that are open on this side.
    int openAnswers() {
        return answers.size();
    }

    /// Connections of requests that the caller has not closed.
    int openConnections() {
        return open.size() - answers.size();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Closeable connection : open) {
            connection.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                Thread.startVirtualThread(() -> serve(socket));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                Request request = new Request(ReceivedRequest.read(in), socket);
                Thread.startVirtualThread(() -> serve(request));
            }
        } catch (IOException _) {
            // The caller has closed.
        } finally {
            open.remove(socket);
        }
    }

    private void serve(Request request) {
        try {
            script.serve(request);
        } catch (IOException _) {
            // The caller has closed.
        }
    }

    /// A request that waits for its acknowledgement.
    final class Request {
        final ReceivedRequest received;
        private final Socket socket;

        Request(ReceivedRequest received, Socket socket) {
            this.received = received;
            this.socket = socket;
        }

        void acknowledge(String text) throws IOException {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            byte[] frame = new byte[4 + utf8.length];
            frame[2] = (byte) (utf8.length >>> 8);
            frame[3] = (byte) utf8.length;
            System.arraycopy(utf8, 0, frame, 4, utf8.length);
            send(frame);
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        void hangUp() throws IOException {
            socket.close();
        }

        /// Accepts, calls home and opens the answer.
        Home answer() throws IOException {
            acknowledge("");
            Home home = callHome(received.subject());
            home.header("{\"error\":null}");
            return home;
        }

        Home callHome(String subject) throws IOException {
            URI address = URI.create("tcp://" + received.info().get("address").textValue());
            Home home = new Home(new Socket(address.getHost(), address.getPort()));
            open.add(home);
            answers.add(home);
            home.header("{\"subject\":\"" + subject + "\",\"stream_type\":\"response\"}");
            return home;
        }
    }

    /// A connection to the caller.
    final class Home implements Closeable {
        private final Socket socket;
        private final DataInputStream in;

        Home(Socket socket) throws IOException {
            this.socket = socket;
            in = new DataInputStream(socket.getInputStream());
        }

        void header(String json) throws IOException {
            send(TwoPart.headerOnly(json.getBytes(StandardCharsets.UTF_8)).toBytes());
        }

        void body(byte[] body) throws IOException {
            send(new TwoPart(new byte[0], body).toBytes());
        }

        void item(long value) throws IOException {
            body(new MsgpackWriter()
                    .map(2)
                    .string("data")
                    .unsigned(value)
                    .string("complete_final")
                    .bool(false)
                    .toBytes());
        }

        /// Ends the answer and waits for the caller to close.
        void complete() throws IOException {
            body(new MsgpackWriter().map(1).string("complete_final").bool(true).toBytes());
            header("\"sentinel\"");
            awaitEnd();
        }

        void awaitEnd() throws IOException {
            try {
                in.readAllBytes();
            } finally {
                close();
            }
        }

        /// The next message of the caller.
        String readHeader() throws IOException {
            int length = Math.toIntExact(in.readLong());
            in.skipNBytes(2 * Long.BYTES);
            return new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        @Override
        public void close() throws IOException {
            open.remove(this);
            answers.remove(this);
            socket.close();
        }
    }
}
