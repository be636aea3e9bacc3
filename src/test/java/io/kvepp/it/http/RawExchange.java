package io.kvepp.it.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// One HTTP/1.1 exchange written by hand: for clients that stop halfway, and for header spellings
/// that no HTTP library sends.
///
/// Confined to one thread.
public final class RawExchange implements AutoCloseable {
    private static final Duration READ_LIMIT = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;

    public RawExchange(int port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout((int) READ_LIMIT.toMillis());
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends the request line and the headers as they are spelled here.
    public RawExchange head(String method, String path, Headers headers) {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        headers.lines().forEach(line -> head.append(line.getKey() + ": " + line.getValue() + "\r\n"));
        return write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawExchange write(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends one chunk of a chunked body; an empty one ends it.
    public RawExchange chunk(byte[] bytes) {
        write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        write(bytes);
        return write("\r\n".getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Ends a chunked body with trailers.
    public RawExchange end(Headers trailers) {
        StringBuilder end = new StringBuilder("0\r\n");
        trailers.lines().forEach(line -> end.append(line.getKey() + ": " + line.getValue() + "\r\n"));
        return write(end.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Reads the whole answer.
    public HttpAnswer answer() {
        try {
            int status = Integer.parseInt(line().split(" ", 3)[1]);
            HttpHeaders headers = headers();
            long length = headers.firstValueAsLong("content-length").orElse(-1);
            return length >= 0
                    ? new HttpAnswer(status, headers, in.readNBytes((int) length))
                    : new HttpAnswer(status, headers, chunks(), headers());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reads lines until one starts with `prefix`, and returns it.
    public String awaitLine(String prefix) {
        try {
            while (true) {
                String line = line();
                if (line.startsWith(prefix)) {
                    return line;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("waiting for a line that starts with " + prefix, e);
        }
    }

    /// Everything up to the end of the connection.
    public String rest() {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpHeaders headers() throws IOException {
        Map<String, List<String>> headers = new TreeMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return HttpHeaders.of(headers, (_, _) -> true);
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
            body.write(in.readNBytes(size));
            line();
        }
        return body.toByteArray();
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection ended after: " + line);
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }
}
