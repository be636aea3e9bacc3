package io.kvepp.it;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// An answer that goes on until the test closes it.
///
/// Confined to one test.
final class LongStream implements AutoCloseable {
    static final int TOKENS = 20_000;

    private final RawExchange exchange;
    private final String requestId = UUID.randomUUID().toString();

    /// Returns once the first token has come.
    LongStream(int port, ObjectNode body, Headers more) {
        byte[] bytes = Prompts.streamed(body).toString().getBytes(StandardCharsets.UTF_8);
        exchange = new RawExchange(port)
                .head(
                        "POST",
                        InferenceClient.CHAT,
                        more.with("content-type", "application/json")
                                .with("content-length", Integer.toString(bytes.length))
                                .with("connection", "close")
                                .with("x-request-id", requestId))
                .write(bytes);
        exchange.awaitLine("data:");
    }

    String requestId() {
        return requestId;
    }

    @Override
    public void close() {
        exchange.close();
    }
}
