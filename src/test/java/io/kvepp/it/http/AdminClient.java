package io.kvepp.it.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads pages of an HTTP server on the loopback interface, above all kv-epp's admin port.
///
/// Thread-safe.
public final class AdminClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    public AdminClient(int port) {
        this.port = port;
    }

    /// The answer, or empty when nobody answers.
    public Optional<HttpAnswer> get(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(TIMEOUT)
                .build();
        try {
            var response = client.send(request, BodyHandlers.ofByteArray());
            return Optional.of(new HttpAnswer(response.statusCode(), response.headers(), response.body()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    public boolean isOk(String path) {
        return get(path).filter(answer -> answer.status() == 200).isPresent();
    }

    /// Posts a JSON body; the answer.
    public HttpAnswer post(String path, String body) {
        return new InferenceClient(port)
                .post(path, body.getBytes(StandardCharsets.UTF_8), Headers.of("content-type", "application/json"));
    }

    /// The explanation of one request; fails when there is none.
    public Pick pick(String requestId) {
        HttpAnswer answer = require("/picks/" + requestId);
        if (answer.status() != 200) {
            throw new AssertionError("/picks/" + requestId + ": HTTP " + answer.status() + " (expected: 200)");
        }
        return Pick.read(answer.json());
    }

    public boolean knowsPick(String requestId) {
        return require("/picks/" + requestId).status() == 200;
    }

    /// Ids of the workers whose KV events arrive, or that send none.
    public Set<String> connectedWorkers() {
        Set<String> ids = new TreeSet<>();
        workers().required("workers").forEach(worker -> {
            if (worker.path("connected").isNull() || worker.path("connected").booleanValue()) {
                ids.add(worker.required("workerId").asText());
            }
        });
        return ids;
    }

    /// Ids of the workers in discovery.
    public Set<String> workerIds() {
        Set<String> ids = new TreeSet<>();
        workers()
                .required("workers")
                .forEach(worker -> ids.add(worker.required("workerId").asText()));
        return ids;
    }

    /// The newest applied KV event of each worker that sends some.
    public Map<String, Long> lastEventIds() {
        Map<String, Long> ids = new TreeMap<>();
        workers().required("workers").forEach(worker -> {
            if (!worker.path("lastEventId").isNull()) {
                ids.put(
                        worker.required("workerId").asText(),
                        worker.required("lastEventId").longValue());
            }
        });
        return ids;
    }

    public boolean modelIsReady(String model) {
        return modelState(model).equals("ready");
    }

    /// Fails with the reason when kv-epp cannot read the model's prompts.
    public void requireModelNotFailed(String model) {
        if (modelState(model).equals("failed")) {
            throw new AssertionError(
                    "kv-epp cannot read prompts of " + model + ": " + workers().required("models"));
        }
    }

    public int bookings() {
        return (int) metric("kv_epp_bookings_active");
    }

    /// The sum of the samples of a metric; 0 when there is none yet.
    public double metric(String name) {
        return metric(name, "");
    }

    /// The sum of those samples of a metric whose labels contain `labels`.
    public double metric(String name, String labels) {
        Matcher samples = Pattern.compile("^" + Pattern.quote(name) + "(\\{[^}]*})? (\\S+)$", Pattern.MULTILINE)
                .matcher(require("/metrics").text());
        double sum = 0;
        while (samples.find()) {
            String found = samples.group(1) == null ? "" : samples.group(1);
            if (found.contains(labels)) {
                sum += Double.parseDouble(samples.group(2));
            }
        }
        return sum;
    }

    private String modelState(String model) {
        for (JsonNode row : workers().required("models")) {
            if (row.required("name").asText().equals(model)) {
                return row.required("state").asText();
            }
        }
        return "unknown";
    }

    private JsonNode workers() {
        return require("/workers").json();
    }

    private HttpAnswer require(String path) {
        return get(path).orElseThrow(() -> new AssertionError("port " + port + " does not answer " + path));
    }
}
