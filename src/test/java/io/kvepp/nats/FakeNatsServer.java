package io.kvepp.nats;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.it.process.Ports;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// As much of a NATS server as one client needs that subscribes and publishes.
public final class FakeNatsServer implements AutoCloseable {
    private final ServerSocket listener;
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final Map<String, String> subscriptions = new ConcurrentHashMap<>();
    private final List<String> connects = new CopyOnWriteArrayList<>();
    private final List<String> published = new CopyOnWriteArrayList<>();

    private FakeNatsServer(int port) throws IOException {
        listener = new ServerSocket(port, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    public static FakeNatsServer start() {
        return at(Ports.free());
    }

    /// A server on the port, as soon as the one before has left it: a closed listener lives until the
    /// thread that accepts has seen it.
    public static FakeNatsServer at(int port) {
        AtomicReference<FakeNatsServer> server = new AtomicReference<>();
        Await.until("port " + port + " is free", () -> {
            try {
                server.set(new FakeNatsServer(port));
                return true;
            } catch (BindException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return server.get();
    }

    public int port() {
        return listener.getLocalPort();
    }

    public String url() {
        return "nats://127.0.0.1:" + port();
    }

    public boolean hears(String subject) {
        return subscriptions.containsValue(subject);
    }

    /// What clients said of themselves.
    public List<String> connects() {
        return connects;
    }

    /// What was published to subjects nobody has subscribed to, as `subject body`.
    public List<String> published() {
        return published;
    }

    public void send(String subject, byte[] body) {
        subscriptions.forEach((id, known) -> {
            if (known.equals(subject)) {
                clients.forEach(client -> write(client, "MSG " + subject + " " + id + " " + body.length, body));
            }
        });
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket client : clients) {
                client.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        try {
            while (!listener.isClosed()) {
                Socket client = listener.accept();
                clients.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // Nobody can be accepted any more.
            subscriptions.clear();
        }
    }

    private void serve(Socket client) {
        write(
                client,
                "INFO {\"server_id\":\"fake\",\"version\":\"2.9.0\",\"max_payload\":1048576,\"headers\":true}",
                null);
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (@Nullable String line = in.readLine(); line != null; line = in.readLine()) {
                handle(client, line.split(" ", -1), in);
            }
        } catch (IOException e) {
            clients.remove(client);
        }
    }

    private void handle(Socket client, String[] words, BufferedReader in) throws IOException {
        switch (words[0]) {
            case "CONNECT" -> connects.add(String.join(" ", words));
            case "PING" -> write(client, "PONG", null);
            case "SUB" -> subscriptions.put(words[words.length - 1], words[1]);
            case "UNSUB" -> subscriptions.remove(words[1]);
            case "PUB" -> published.add(words[1] + " " + in.readLine());
            default -> {}
        }
    }

    private static synchronized void write(Socket client, String line, byte @Nullable [] body) {
        try {
            OutputStream out = client.getOutputStream();
            out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            if (body != null) {
                out.write(body);
                out.write('\r');
                out.write('\n');
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
