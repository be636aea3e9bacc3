package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.RequestParser;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.load.ActiveSequences;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.modelfiles.ModelFilesConfig;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.preprocess.PreprocessConfig;
import io.kvepp.preprocess.PreprocessResult;
import io.kvepp.preprocess.PreprocessorState;
import io.kvepp.preprocess.Preprocessors;
import io.kvepp.router.headers.DynamoDialect;
import io.kvepp.router.headers.HeaderDialect;
import io.kvepp.router.headers.PinHeaders;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.prefill.PrefillConfig;
import io.kvepp.router.reuse.ReuseLedger;
import io.kvepp.scheduling.HealthConfig;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionConfig;
import io.kvepp.scheduling.WorkerHealth;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.scheduling.overload.OverloadMonitor;
import io.kvepp.scheduling.overload.OverloadThresholds;
import io.kvepp.scheduling.queue.AdmissionQueues;
import io.kvepp.scheduling.queue.QueueConfig;
import io.kvepp.testing.RequestParsers;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.Renderer;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A [KvRouter] with everything real behind it. Models are loaded and large bodies read on the test's thread, when
/// the test says so, and the clock is the test's.
final class RouterFixture implements AutoCloseable {
    static final int INLINE_BYTES_MAX = 4096;
    static final int HISTORY_MAX = 3;
    static final Duration SILENCE_MAX = Duration.ofMinutes(5);
    static final List<String> FRONTENDS = List.of("10.0.0.1:8000", "10.0.0.2:8000");

    private static final QueueConfig NO_QUEUE = QueueConfig.from(Options.defaults());

    final EppMetrics metrics = new EppMetrics();
    final AtomicLong nanos = new AtomicLong();
    final SessionAffinity sessions = new SessionAffinity(new SessionConfig(60), nanos::get);
    final ActiveSequences active = new ActiveSequences(SILENCE_MAX, nanos::get);
    final OverloadMonitor overload = new OverloadMonitor(OverloadThresholds.NONE, active, _ -> 0);
    final Queue<Runnable> pickTasks = new ArrayDeque<>();
    final Queue<Runnable> modelTasks = new ArrayDeque<>();
    boolean refusesPicks;
    Runnable whileParsing = () -> {};
    Runnable onceBooked = () -> {};

    private final WorkerSlots slots = new WorkerSlots();
    private final WorkerDirectory directory = new WorkerDirectory(slots);
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);
    /// Every decision the router told of: the rank, and how many blocks.
    final List<String> sent = new ArrayList<>();
    int lookups;
    int recycled;
    private final PrefixFinder prefixes;
    private final RequestParser parser = RequestParsers.all();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Preprocessors preprocessors;
    final AdmissionQueues queues;
    final ReuseLedger reuse = new ReuseLedger(metrics, true, nanos::get);
    private final KvRouter router;
    private long nextEventId = 1;
    private int nextRequest = 1;

    RouterFixture(Path folder) {
        this(folder, true, HISTORY_MAX);
    }

    RouterFixture(Path folder, boolean injectTokenData, int historyMax) {
        this(folder, config(injectTokenData, historyMax), new PrefillConfig(false), NO_QUEUE);
    }

    /// A router whose requests may wait.
    static RouterFixture queueing(Path folder, QueueConfig queueing) {
        return new RouterFixture(folder, config(true, HISTORY_MAX), new PrefillConfig(false), queueing);
    }

    /// A router that never lets a decode worker compute a prompt.
    static RouterFixture enforcingDisagg(Path folder) {
        return new RouterFixture(folder, config(true, HISTORY_MAX), new PrefillConfig(true), NO_QUEUE);
    }

    static RouterFixture withPins(Path folder, PinPolicy pins) {
        return new RouterFixture(
                folder,
                new RouterConfig(
                        FRONTENDS,
                        true,
                        true,
                        true,
                        UnknownModels.AUTO,
                        INLINE_BYTES_MAX,
                        1,
                        1,
                        HISTORY_MAX,
                        pins,
                        0,
                        false,
                        false),
                new PrefillConfig(false),
                NO_QUEUE);
    }

    private static RouterConfig config(boolean injectTokenData, int historyMax) {
        return new RouterConfig(
                FRONTENDS,
                injectTokenData,
                true,
                true,
                UnknownModels.AUTO,
                INLINE_BYTES_MAX,
                1,
                1,
                historyMax,
                PinPolicy.DROP,
                0,
                false,
                false);
    }

    /// A router that lets long prompts through, refuses token ids of clients, and routes unknown models.
    static RouterFixture withTheOtherChoices(Path folder) {
        return new RouterFixture(
                folder,
                new RouterConfig(
                        FRONTENDS,
                        true,
                        false,
                        false,
                        UnknownModels.ROUTE,
                        INLINE_BYTES_MAX,
                        1,
                        1,
                        HISTORY_MAX,
                        PinPolicy.DROP,
                        1,
                        true,
                        true),
                new PrefillConfig(false),
                NO_QUEUE);
    }

    private RouterFixture(Path folder, RouterConfig config, PrefillConfig prefill, QueueConfig queueing) {
        prefixes = hearing(PrefixFinder.fromEvents(indexer));
        preprocessors = new Preprocessors(
                new PreprocessConfig(Duration.ofSeconds(10), false, Renderer.MINIJINJA),
                new ModelFileStore(new ModelFilesConfig(folder, 1 << 20, Duration.ofSeconds(5)), http, metrics),
                metrics,
                modelTasks::add,
                Clock.systemUTC());
        WorkerHealth health = new WorkerHealth(HealthConfig.from(Options.defaults()), nanos::get);
        queues = new AdmissionQueues(
                queueing,
                active,
                (model, ranks, capacities) -> overload.usable(model, health.usable(ranks), capacities),
                nanos::get);
        WorkerSelector selector = new WorkerSelector(active, new SplittableRandom(1));
        RouterParts parts = new RouterParts(
                new HookedParser(),
                preprocessors,
                prefixes,
                active,
                new Placements(active, selector, SchedulingConfig.DEFAULT, sessions),
                sessions,
                prefill,
                health,
                overload,
                queues,
                reuse,
                true,
                new HookedDialect(),
                metrics,
                (_, decision) -> runLater(decision),
                nanos::get,
                () -> Instant.ofEpochSecond(1_700_000_000));
        router = new KvRouter(config, parts, directory.snapshot());
    }

    /// Puts workers in force and loads their models.
    void serve(Worker... workers) {
        announce(workers);
        while (!modelTasks.isEmpty()) {
            modelTasks.remove().run();
        }
    }

    /// Puts workers in force; their models stay in loading.
    void announce(Worker... workers) {
        var _ = directory.update(new WorkerSet(List.of(workers), List.of()));
        preprocessors.retain(Arrays.stream(workers)
                .flatMap(worker -> worker.cards().stream())
                .toList());
        router.onWorkers(directory.snapshot());
    }

    /// The worker's rank now holds the first blocks of a prompt.
    void hold(WorkerWithDpRank worker, ModelCard card, String cacheSalt, int[] tokenIds, int blocks) {
        BlockHashes hashes =
                new BlockHasher(card.cache().blockSizeTokens(), card.loraName(), cacheSalt, false).hash(tokenIds);
        assertThat(hashes.count()).as("blocks of the prompt").isGreaterThanOrEqualTo(blocks);
        KvCacheEvent stored = new KvCacheEvent.Stored(
                OptionalLong.empty(), Arrays.copyOf(hashes.sequence(), blocks), Arrays.copyOf(hashes.local(), blocks));
        indexer.apply(new RouterEvent(worker, StorageTier.DEVICE, nextEventId++, stored));
    }

    void hold(long workerId, ModelCard card, int[] tokenIds, int blocks) {
        hold(new WorkerWithDpRank(workerId, 0), card, null, tokenIds, blocks);
    }

    /// What the model of this card makes of a request.
    int[] tokenIds(PickRequest request, ModelCard card) {
        ParseResult.Parsed parsed =
                (ParseResult.Parsed) parser.parse(request.path(), request.header("content-type"), null, request.body());
        PreprocessorState.Ready ready = (PreprocessorState.Ready) preprocessors.stateOf(card);
        return ((PreprocessResult.Tokens) ready.preprocessor().preprocess(parsed.request())).tokenIds();
    }

    KvRouter router() {
        return router;
    }

    RouterInspection inspection() {
        return router.inspection();
    }

    PickResult pick(PickRequest request) {
        List<PickResult> results = new ArrayList<>();
        router.pick(request, results::add);
        assertThat(results).as("answers").hasSize(1);
        return results.getFirst();
    }

    PickResult.Routed route(PickRequest request) {
        PickResult result = pick(request);
        assertThat(result).isInstanceOf(PickResult.Routed.class);
        return (PickResult.Routed) result;
    }

    PickRequest chat(String model, String text, String... headers) {
        return post("/v1/chat/completions", chatBody(model, text, ""), headers);
    }

    static String chatBody(String model, String text, String moreFields) {
        return "{\"model\": \"" + model + "\", \"messages\": [{\"role\": \"user\", \"content\": \"" + text + "\"}]"
                + moreFields + "}";
    }

    /// A JSON request; `headers` are names and values.
    PickRequest post(String path, String body, String... headers) {
        return request("POST", path, "application/json", body.getBytes(StandardCharsets.UTF_8), headers);
    }

    PickRequest request(String method, String path, String contentType, byte[] body, String... headers) {
        List<HttpHeader> all = new ArrayList<>();
        if (!contentType.isEmpty()) {
            all.add(new HttpHeader("content-type", contentType));
        }
        for (int i = 0; i < headers.length; i += 2) {
            all.add(new HttpHeader(headers[i], headers[i + 1]));
        }
        return new PickRequest("request-" + nextRequest++, method, path, all, body);
    }

    /// The worker a decision names in its headers, as `decode` or `prefill+decode`.
    static String workers(PickResult.Routed routed) {
        String prefill = header(routed, "x-dynamo-prefill-instance-id");
        String decode = header(routed, "x-dynamo-worker-instance-id");
        return prefill.isEmpty() ? decode : prefill + "+" + decode;
    }

    static String header(PickResult.Routed routed, String name) {
        return routed.headers().set().stream()
                .filter(header -> header.name().equals(name))
                .map(HttpHeader::value)
                .findFirst()
                .orElse("");
    }

    @Override
    public void close() {
        http.close();
        metrics.close();
    }

    /// Dynamo's dialect; writes the headers when everything is booked.
    private final class HookedDialect implements HeaderDialect {
        private final HeaderDialect dynamo = new DynamoDialect();

        @Override
        public HeaderEdit route(PickRequest request, WorkerWithDpRank decode, @Nullable WorkerWithDpRank prefill) {
            onceBooked.run();
            return dynamo.route(request, decode, prefill);
        }

        @Override
        public HeaderEdit strip(PickRequest request) {
            return dynamo.strip(request);
        }

        @Override
        public PinHeaders pins(PickRequest request) {
            return dynamo.pins(request);
        }

        @Override
        public @Nullable String session(PickRequest request) {
            return dynamo.session(request);
        }
    }

    private final class HookedParser implements RequestParser {
        @Override
        public String api(String path, byte[] body) {
            return parser.api(path, body);
        }

        @Override
        public ParseResult parse(
                String path, @Nullable String contentType, @Nullable String contentEncoding, byte[] body) {
            whileParsing.run();
            return parser.parse(path, contentType, contentEncoding, body);
        }
    }

    private PrefixFinder hearing(PrefixFinder finder) {
        return new PrefixFinder() {
            @Override
            public OverlapScores findMatches(BlockHashes hashes) {
                lookups++;
                return finder.findMatches(hashes);
            }

            // Spoils the scores first: whoever still reads them decides visibly wrong.
            @Override
            public void recycle(OverlapScores scores) {
                recycled++;
                for (int[] blocks : List.of(scores.deviceBlocks(), scores.hostPinnedBlocks(), scores.diskBlocks())) {
                    Arrays.fill(blocks, 1_000_000);
                }
                finder.recycle(scores);
            }

            @Override
            public Undo routed(WorkerWithDpRank worker, BlockHashes hashes) {
                String line = worker + " " + hashes.count();
                sent.add(line);
                return () -> sent.remove(line);
            }
        };
    }

    private void runLater(Runnable task) {
        if (refusesPicks) {
            throw new RejectedExecutionException();
        }
        pickTasks.add(task);
    }
}
