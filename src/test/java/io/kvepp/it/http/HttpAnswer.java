package io.kvepp.it.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// A whole HTTP response.
///
/// Immutable; the array must not be changed.
public record HttpAnswer(int status, HttpHeaders headers, byte[] body, HttpHeaders trailers) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpHeaders NONE = HttpHeaders.of(Map.of(), (_, _) -> true);

    /// One whose trailers were not read.
    HttpAnswer(int status, HttpHeaders headers, byte[] body) {
        this(status, headers, body, NONE);
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    public String contentType() {
        return headers.firstValue("content-type").orElse("");
    }

    /// The body as JSON; fails when it is none.
    public JsonNode json() {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new AssertionError("HTTP " + status + ": no JSON: " + text(), e);
        }
    }
}
