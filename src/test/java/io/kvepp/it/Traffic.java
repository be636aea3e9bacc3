package io.kvepp.it;

import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Requests that some clients send one after the other, whatever the answers are.
///
/// Thread-safe.
final class Traffic implements AutoCloseable {
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicInteger good = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final List<Thread> clients = new ArrayList<>();

    private Traffic() {}

    /// @param pause of each client after each answer
    static Traffic start(int port, int clients, Duration pause, Headers headers, Supplier<String> bodies) {
        Traffic traffic = new Traffic();
        for (int i = 0; i < clients; i++) {
            InferenceClient client = new InferenceClient(port);
            traffic.clients.add(Thread.ofVirtual().start(() -> traffic.send(client, pause, headers, bodies)));
        }
        return traffic;
    }

    int good() {
        return good.get();
    }

    int failed() {
        return failed.get();
    }

    /// Waits until so many more requests were answered well.
    void awaitGood(int more, Duration limit) {
        int before = good();
        Await.until(more + " more requests are answered", limit, () -> good() >= before + more);
    }

    /// Waits for the answers under way.
    @Override
    public void close() {
        stop.countDown();
        for (Thread client : clients) {
            try {
                client.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void send(InferenceClient client, Duration pause, Headers headers, Supplier<String> bodies) {
        Headers all = headers.with("content-type", "application/json");
        try {
            do {
                byte[] body = bodies.get().getBytes(StandardCharsets.UTF_8);
                try {
                    boolean isGood =
                            client.post(InferenceClient.COMPLETIONS, body, all).status() == 200;
                    (isGood ? good : failed).incrementAndGet();
                } catch (AssertionError e) {
                    failed.incrementAndGet();
                }
            } while (!stop.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
