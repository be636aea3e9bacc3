package io.kvepp.it.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;

/// Sends inference requests to one port.
///
/// Thread-safe.
public final class InferenceClient {
    public static final String CHAT = "/v1/chat/completions";
    public static final String COMPLETIONS = "/v1/completions";

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    public InferenceClient(int port) {
        this.port = port;
    }

    public int port() {
        return port;
    }

    /// Sends a JSON body under a request id of its own.
    public Completion complete(String path, String body) {
        return complete(path, body, Headers.NONE);
    }

    /// Sends a JSON body with further headers under a request id of its own.
    public Completion complete(String path, String body, Headers headers) {
        String requestId = UUID.randomUUID().toString();
        HttpAnswer answer = post(
                path,
                body.getBytes(StandardCharsets.UTF_8),
                headers.with("content-type", "application/json").with("x-request-id", requestId));
        return Completion.read(requestId, answer);
    }

    /// Sends a JSON body that asks for a streamed answer, under a request id of its own.
    public LiveCompletion stream(String path, String body) {
        String requestId = UUID.randomUUID().toString();
        Headers headers = Headers.of("content-type", "application/json", "x-request-id", requestId);
        return LiveCompletion.start(
                client, request("POST", path, body.getBytes(StandardCharsets.UTF_8), headers), requestId);
    }

    /// Sends exactly these headers, besides those that HTTP itself needs.
    public HttpAnswer post(String path, byte[] body, Headers headers) {
        return send("POST", path, body, headers);
    }

    public HttpAnswer get(String path) {
        return send("GET", path, new byte[0], Headers.NONE);
    }

    public HttpAnswer send(String method, String path, byte[] body, Headers headers) {
        try {
            var response = client.send(request(method, path, body, headers), BodyHandlers.ofByteArray());
            return new HttpAnswer(response.statusCode(), response.headers(), response.body());
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private HttpRequest request(String method, String path, byte[] body, Headers headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(TIMEOUT)
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        headers.lines().forEach(line -> request.header(line.getKey(), line.getValue()));
        return request.build();
    }
}
