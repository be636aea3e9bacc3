package io.kvepp.app;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.kvepp.config.Options;
import io.kvepp.extproc.ExtProcHost;
import io.kvepp.extproc.ExtProcService;
import io.kvepp.extproc.RehearsedStreams;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.tls.ServerTls;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rehearses the whole pick path before the first request: a second, private [Brain] with a small
/// model and workers that do not exist, behind a real gRPC server on the loopback.
///
/// It never fails the start: a rehearsal that goes wrong is logged, and the first real requests are
/// slower.
///
/// Thread-safe.
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int STREAMS = 400;
    private static final Duration TIME_MAX = Duration.ofMillis(600);
    private static final Duration TEXTS_TIME_MAX = Duration.ofMillis(800);
    private static final Duration MODEL_WAIT = Duration.ofSeconds(5);
    private static final List<String> FILES = List.of("tokenizer.json", "tokenizer_config.json", "config.json");

    private final LongSupplier nanoClock;
    private final boolean secure;
    private final AtomicBoolean done = new AtomicBoolean();

    /// `secure`: the connections to come are encrypted; the first handshakes of a process take long
    WarmUp(LongSupplier nanoClock, boolean secure) {
        this.nanoClock = nanoClock;
        this.secure = secure;
    }

    boolean isDone() {
        return done.get();
    }

    /// Starts the rehearsal on a thread of its own.
    void start() {
        Thread.ofPlatform().name("warm-up").daemon().start(this::run);
    }

    private void run() {
        try {
            Path model = Files.createTempDirectory("kv-epp-warm-up");
            try {
                copyModel(model);
                rehearse(model);
            } finally {
                delete(model);
            }
            // What the rehearsal left would otherwise count as memory in use until the heap is full.
            System.gc();
        } catch (IOException | RuntimeException e) {
            LOG.warn("warm-up failed, the first requests will be slower", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            done.set(true);
        }
    }

    private void rehearse(Path model) throws IOException, InterruptedException {
        EppConfig config = EppConfig.from(new Options(
                Map.of(
                        "host", List.of("127.0.0.1"),
                        "port", List.of("0"),
                        "health-port", List.of("0"),
                        "pick-inline-bytes-max", List.of("8KiB")),
                Map.of()));
        Clocks clocks = new Clocks(Clocks.system().wall(), nanoClock);
        try (EppMetrics metrics = new EppMetrics();
                Brain brain = RehearsedWorkers.brain(config, model, metrics, clocks);
                ExtProcService extProc = new ExtProcService(config.extProc(), brain.router(), metrics, host());
                GrpcServers servers = new GrpcServers(
                        config.server(),
                        PoolPorts.NONE,
                        config.extProc().bodyBytesMax(),
                        secure ? new ServerTls(config.tls(), clocks.wall().instant()).context() : null,
                        extProc.bindService(),
                        new GrpcHealth().service())) {
            brain.start();
            awaitModels(brain);
            servers.startExtProc();
            play(servers.port());
            metrics.scrape();
        }
    }

    private ExtProcHost host() {
        return new ExtProcHost(
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().factory()),
                nanoClock,
                () -> "warm-up",
                () -> true);
    }

    private void awaitModels(Brain brain) throws InterruptedException {
        long deadline = nanoClock.getAsLong() + MODEL_WAIT.toNanos();
        while (!brain.modelsSettled() && nanoClock.getAsLong() < deadline) {
            Thread.sleep(Duration.ofMillis(5));
        }
    }

    private ManagedChannel channel(int port) throws IOException {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress("127.0.0.1", port);
        return secure
                ? builder.sslContext(GrpcSslContexts.forClient()
                                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                                .build())
                        .build()
                : builder.usePlaintext().build();
    }

    private void play(int port) throws IOException, InterruptedException {
        ManagedChannel channel = channel(port);
        try {
            RehearsedStreams streams = new RehearsedStreams(channel);
            long start = nanoClock.getAsLong();
            int played = 0;
            int answered = 0;
            while (played < STREAMS && nanoClock.getAsLong() - start < TIME_MAX.toNanos()) {
                if (streams.play("/v1/chat/completions", chat(played))) {
                    answered++;
                }
                played++;
            }
            LOG.debug("warm-up: {} of {} rehearsed requests answered", answered, played);
            long textsStart = nanoClock.getAsLong();
            for (int text = 0; nanoClock.getAsLong() - textsStart < TEXTS_TIME_MAX.toNanos(); text++) {
                streams.play("/v1/completions", RehearsedTexts.completion(RehearsedWorkers.AGGREGATED, text));
            }
        } finally {
            channel.shutdownNow();
        }
    }

    /// Chats of growing length, every fourth for the disaggregated model, every eighth with a tool.
    private static byte[] chat(int number) {
        String model = number % 4 == 0 ? RehearsedWorkers.DISAGGREGATED : RehearsedWorkers.AGGREGATED;
        String tools = number % 8 == 1
                ? ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":\"object\"}}}]"
                : "";
        StringBuilder messages =
                new StringBuilder("{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"}");
        for (int turn = 0; turn <= number % 24; turn++) {
            messages.append(",{\"role\":\"user\",\"content\":\"What is the answer to question ")
                    .append(number * 31 + turn)
                    .append(
                            "? Please say which worker holds the prefix: \u00e4\u4e16\ud83d\ude00.\"},{\"role\":\"assistant\",\"content\":\"")
                    .append("The endpoint picker reads the request, number ".repeat(turn % 5))
                    .append("\"}");
        }
        return ("{\"model\":\"" + model + "\",\"stream\":true,\"max_tokens\":16,\"messages\":[" + messages + "]" + tools
                        + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void copyModel(Path folder) throws IOException {
        for (String file : FILES) {
            try (InputStream resource = WarmUp.class.getResourceAsStream("/warm-up/" + file)) {
                if (resource == null) {
                    throw new IOException("warm-up/" + file + ": missing in the jar");
                }
                Files.copy(resource, folder.resolve(file));
            }
        }
    }

    private static void delete(Path folder) {
        try {
            for (String file : FILES) {
                Files.deleteIfExists(folder.resolve(file));
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
