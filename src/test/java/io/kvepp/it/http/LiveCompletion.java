package io.kvepp.it.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A streamed answer that can be looked at while it comes.
///
/// Thread-safe.
public final class LiveCompletion {
    private final String requestId;
    private final CompletableFuture<Completion> whole = new CompletableFuture<>();
    private final AtomicInteger events = new AtomicInteger();

    private LiveCompletion(String requestId) {
        this.requestId = requestId;
    }

    static LiveCompletion start(HttpClient client, HttpRequest request, String requestId) {
        LiveCompletion live = new LiveCompletion(requestId);
        Thread.ofVirtual().name("live-completion").start(() -> {
            try {
                live.read(client, request);
            } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
                live.whole.completeExceptionally(e);
            }
        });
        return live;
    }

    public String requestId() {
        return requestId;
    }

    /// How many lines of data have come; a token has come with the first.
    public int events() {
        return events.get();
    }

    /// Whether it has ended, well or not.
    public boolean hasEnded() {
        return whole.isDone();
    }

    /// The answer once it has ended.
    public Completion await(Duration limit) {
        return whole.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    private void read(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        var response = client.send(request, BodyHandlers.ofLines());
        StringBuilder text = new StringBuilder();
        try (Stream<String> lines = response.body()) {
            for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
                String line = each.next();
                text.append(line).append('\n');
                if (line.startsWith("data:")) {
                    events.incrementAndGet();
                }
            }
        }
        byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
        whole.complete(Completion.read(requestId, new HttpAnswer(response.statusCode(), response.headers(), body)));
    }
}
