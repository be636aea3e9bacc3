package io.kvepp.routerservice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.discovery.file.FileRegistration;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.requestplane.OutgoingRequest;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.worker.card.EndpointId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/// kv-epp's side of `./e2e/bench router`.
///
/// `RouterDriver FOLDER` reads commands from standard input, one a line, and answers each with one
/// JSON object on one line. Endpoints are found in the file store FOLDER.
///
/// - `announce WORKER_ID`: a [TimedEngine] joins as `dynamo.timed.generate`, for the models of a worker
/// - `pairs NAMESPACE CALLERS SECONDS`: `find_best_worker`, then `free`; the first is timed
/// - `calls NAMESPACE CALLERS SECONDS`: `best_worker_id`
/// - `streams NAMESPACE COMPONENT CALLERS`: `generate`; the time of each token from the engine to here
///
/// *Confined* to the main thread.
public final class RouterDriver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final EndpointId ENGINE = new EndpointId("dynamo", "timed", "generate");
    private static final EndpointId WORKERS = new EndpointId("dynamo", "backend", "generate");
    private static final long ENGINE_ID = 0x7e;

    private final Path folder;
    private final Prompts prompts = new Prompts();
    private final AtomicInteger turns = new AtomicInteger();
    private final TimedEngine engine = new TimedEngine();
    private final TcpRequestPlaneClient client = new TcpRequestPlaneClient(
            new TcpRequestPlaneConfig(
                    InetAddress.getLoopbackAddress(),
                    0,
                    1 << 25,
                    1 << 27,
                    1000,
                    1000,
                    8,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    TcpRequestPlaneConfig.Tls.NONE),
            () -> UUID.randomUUID().toString(),
            System::nanoTime);

    private RouterDriver(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: FOLDER)");
        }
        PrintStream answers = System.out;
        System.setOut(System.err); // what libraries log is no answer
        RouterDriver driver = new RouterDriver(Path.of(arguments[0]));
        driver.client.start();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            answers.println(JSON.writeValueAsString(driver.answer(command.split(" ", -1))));
        }
        System.exit(0); // the engine's registration and the client end with the process
    }

    private Map<String, Object> answer(String[] words) throws IOException, InterruptedException {
        return switch (words[0]) {
            case "announce" -> announce(Long.parseUnsignedLong(words[1]));
            case "pairs" -> pairs(words[1], Integer.parseInt(words[2]), Double.parseDouble(words[3]));
            case "calls" -> calls(words[1], Integer.parseInt(words[2]), Double.parseDouble(words[3]));
            case "streams" -> streams(words[1], words[2], Integer.parseInt(words[3]));
            default -> throw new IllegalArgumentException("command: " + words[0] + " (expected: one of four)");
        };
    }

    private Map<String, Object> announce(long workerId) throws IOException {
        FileRegistration registration = new FileRegistration(
                new FileDiscoveryConfig(folder, Duration.ofSeconds(10), Duration.ofSeconds(1), 1 << 20),
                ENGINE_ID,
                InstantSource.system());
        registration.start();
        registration.announce(ENGINE, engine.start(AnnouncedRecords.path(ENGINE, ENGINE_ID)));
        return Map.of("announced", registration.announceModels(ENGINE, WORKERS, workerId));
    }

    private Map<String, Object> pairs(String namespace, int callers, double seconds)
            throws IOException, InterruptedException {
        RequestTarget find = target(namespace, "router", "find_best_worker");
        RequestTarget free = target(namespace, "router", "free");
        Callers measured = new Callers();
        long end = endNanos(seconds);
        return measured.take(callers, number -> {
            if (System.nanoTime() >= end) {
                return null;
            }
            String id = UUID.randomUUID().toString();
            long asked = System.nanoTime();
            return call(find, prompts.find(number + turns.getAndIncrement(), id))
                    .thenCompose(found -> {
                        require("worker_id", found);
                        measured.took((System.nanoTime() - asked) / 1000);
                        return call(free, Prompts.free(id)).thenAccept(freed -> require("success", freed));
                    });
        });
    }

    private Map<String, Object> calls(String namespace, int callers, double seconds)
            throws IOException, InterruptedException {
        RequestTarget best = target(namespace, "router", "best_worker_id");
        Callers measured = new Callers();
        long end = endNanos(seconds);
        return measured.take(callers, number -> {
            if (System.nanoTime() >= end) {
                return null;
            }
            long asked = System.nanoTime();
            return call(best, prompts.tokens(number + turns.getAndIncrement())).thenAccept(told -> {
                require("data", told);
                measured.took((System.nanoTime() - asked) / 1000);
            });
        });
    }

    private Map<String, Object> streams(String namespace, String component, int callers)
            throws IOException, InterruptedException {
        RequestTarget generate = target(namespace, component, "generate");
        byte[] request = new MsgpackWriter()
                .map(3)
                .string("model")
                .string("any")
                .string("token_ids")
                .raw(prompts.tokens(0))
                .string("stop_conditions")
                .map(1)
                .string("max_tokens")
                .unsigned(TimedEngine.TOKENS)
                .toBytes();
        Callers measured = new Callers();
        return measured.run(callers, number -> {
            // Streams do not begin all at once.
            Thread.sleep(number * TimedEngine.PACE.toMillis() / callers, (int) (number % 1000L) * 1000);
            OutgoingRequest outgoing = new OutgoingRequest(UUID.randomUUID().toString(), request, Map.of(), LONG);
            AtomicInteger tokens = new AtomicInteger();
            try (ItemStream stream = client.open(generate, outgoing)) {
                stream.each(item -> {
                    long sent = TimedEngine.sentMicros(item);
                    if (sent >= 0) {
                        measured.took(engine.nowMicros() - sent);
                        tokens.incrementAndGet();
                    }
                    return null;
                });
            }
            if (tokens.get() != TimedEngine.TOKENS) {
                throw new IOException(tokens + " tokens (expected: " + TimedEngine.TOKENS + ")");
            }
        });
    }

    private CompletableFuture<byte[]> call(RequestTarget target, byte[] payload) {
        return client.call(target, payload, LONG).thenApply(items -> {
            if (items.size() != 1) {
                throw new IllegalStateException(items.size() + " items (expected: 1)");
            }
            return items.getFirst();
        });
    }

    private static void require(String word, byte[] item) {
        String text = new String(item, StandardCharsets.ISO_8859_1);
        if (!text.contains(word)) {
            throw new IllegalStateException(text + " (expected: " + word + ")");
        }
    }

    private static long endNanos(double seconds) {
        return System.nanoTime() + (long) (seconds * 1e9);
    }

    private RequestTarget target(String namespace, String component, String endpoint) throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder.resolve("v1").resolve("instances"))) {
            for (Path file : files) {
                JsonNode record = JSON.readTree(Files.readAllBytes(file));
                if (record.path("namespace").asText().equals(namespace)
                        && record.path("component").asText().equals(component)
                        && record.path("endpoint").asText().equals(endpoint)) {
                    return new RequestTarget(record.at("/transport/tcp").asText(), PayloadCodec.MSGPACK);
                }
            }
        }
        throw new IOException(namespace + "." + component + "." + endpoint + ": not announced");
    }
}
