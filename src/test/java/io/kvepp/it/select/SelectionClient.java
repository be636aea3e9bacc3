package io.kvepp.it.select;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.it.http.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Calls a selection API over HTTP.
///
/// Thread-safe.
final class SelectionClient {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    SelectionClient(int port) {
        this.port = port;
    }

    /// What came back.
    record Reply(int status, String text) {
        JsonNode json() {
            return Json.read(text);
        }
    }

    /// The body of a success.
    JsonNode call(String method, String path, @Nullable JsonNode body) {
        try {
            Reply reply = send(method, path, body);
            if (reply.status() / 100 != 2) {
                throw new AssertionError(path + ": HTTP " + reply.status() + " " + reply.text());
            }
            return reply.json();
        } catch (IOException e) {
            throw new AssertionError(path + ": no answer", e);
        }
    }

    Reply send(String method, String path, @Nullable JsonNode body) throws IOException {
        var publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body.toString());
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(LIMIT)
                .header("content-type", "application/json")
                .method(method, publisher)
                .build();
        try {
            var response = client.send(request, BodyHandlers.ofString());
            return new Reply(response.statusCode(), response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
