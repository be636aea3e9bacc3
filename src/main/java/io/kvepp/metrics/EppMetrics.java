package io.kvepp.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Counts and times; the meters are listed in [Meter]. Tags have few values: a reason is one of the
/// words written at the call, a model is one that discovery named; nothing a client sends becomes a
/// tag.
///
/// Thread-safe.
public final class EppMetrics implements AutoCloseable {
    private static final Duration[] APPLY_BUCKETS = micros(1, 2, 4, 8, 16, 32, 64, 128, 256, 1_000, 10_000);
    private static final Duration[] LOOKUP_BUCKETS = Stream.concat(
                    LongStream.of(125, 250, 500).mapToObj(Duration::ofNanos), Arrays.stream(APPLY_BUCKETS))
            .toArray(Duration[]::new);
    private static final Duration[] LAG_BUCKETS = micros(50, 200, 1_000, 5_000, 20_000, 100_000, 1_000_000, 10_000_000);

    private static final Duration[] WAIT_BUCKETS = micros(1_000, 10_000, 100_000, 1_000_000, 5_000_000, 30_000_000);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final Counter discoveryResyncs = Counter.builder(Meter.DISCOVERY_RESYNCS.registeredName())
            .description(Meter.DISCOVERY_RESYNCS.meaning())
            .register(registry);
    private final Counter discoveryLost = Counter.builder(Meter.DISCOVERY_LOST.registeredName())
            .description(Meter.DISCOVERY_LOST.meaning())
            .register(registry);
    private final Timer pickDuration = Timer.builder(Meter.PICK_DURATION.registeredName())
            .description(Meter.PICK_DURATION.meaning())
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofNanos(20_000))
            .maximumExpectedValue(Duration.ofSeconds(10))
            .register(registry);
    private final Timer queueWait = timer(Meter.QUEUE_WAIT, WAIT_BUCKETS);
    private final Timer indexLookup = timer(Meter.INDEX_LOOKUP, LOOKUP_BUCKETS);
    private final Timer indexApply = timer(Meter.INDEX_APPLY, APPLY_BUCKETS);
    private final Timer kvEventLag = timer(Meter.KV_EVENT_LAG, LAG_BUCKETS);

    /// By outcome: finding one in the registry costs more than counting does.
    private final Map<String, Counter> kvEvents = new ConcurrentHashMap<>();

    private final List<Runnable> beforeScrapes = new CopyOnWriteArrayList<>();

    public EppMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
    }

    /// Runs the task before each scrape, so that what several meters show is looked up once.
    public void beforeScrapes(Runnable task) {
        beforeScrapes.add(task);
    }

    /// The text of `/metrics`.
    public String scrape() {
        beforeScrapes.forEach(Runnable::run);
        return registry.scrape();
    }

    /// A request was answered or routed; `outcome` is `routed` or a reject reason in lower case.
    public void request(String outcome) {
        counter(Meter.REQUESTS, outcome).increment();
    }

    /// A caller that is no gateway asked for a worker; `outcome` is `selected` or a word for why not.
    public void selection(String outcome) {
        counter(Meter.SELECTIONS, outcome).increment();
    }

    /// How long a decision took, from the whole body to the answer.
    public void pickTime(long nanos) {
        pickDuration.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// How long a request had waited for a worker when its turn came.
    public void queueWait(long nanos) {
        queueWait.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// Why a request was routed by load alone, in one word.
    public void loadOnly(String reason) {
        counter(Meter.LOAD_ONLY_REQUESTS, reason).increment();
    }

    /// Tokens of a prompt and how many of them the chosen worker already held.
    public void prompt(String model, int promptTokens, int cachedTokens) {
        summary(Meter.PROMPT_TOKENS, model).record(promptTokens);
        summary(Meter.CACHED_TOKENS, model).record(cachedTokens);
    }

    /// Tokens of a prompt, and of those the tokens that the fleet held, the choice captured and the
    /// engine delivered.
    public void reuse(String model, long promptTokens, long heldTokens, long capturedTokens, long deliveredTokens) {
        counter(Meter.REUSE_PROMPT_TOKENS, model).increment((double) promptTokens);
        counter(Meter.REUSE_HELD_TOKENS, model).increment((double) heldTokens);
        counter(Meter.REUSE_CAPTURED_TOKENS, model).increment((double) capturedTokens);
        counter(Meter.REUSE_DELIVERED_TOKENS, model).increment((double) deliveredTokens);
    }

    /// A stream ended: `response`, `aborted`, `rejected` or `failed`.
    public void streamEnd(String how) {
        counter(Meter.EXT_PROC_STREAMS, how).increment();
    }

    /// The store of workers cannot be reached any more.
    public void discoveryLost() {
        discoveryLost.increment();
    }

    /// The store of workers was read anew because changes may have been missed.
    public void discoveryResync() {
        discoveryResyncs.increment();
    }

    /// A discovery entry was skipped; `reason` is one of a few words such as `unreadable`,
    /// `malformed`, `incomplete`, `ambiguous`.
    public void discoverySkipped(String reason) {
        counter(Meter.DISCOVERY_SKIPPED, reason).increment();
    }

    /// Objects of Kubernetes could not be listed or watched; `kind` is their plural.
    public void kubeWatchFailure(String kind) {
        counter(Meter.KUBE_WATCH_FAILURES, kind).increment();
    }

    /// The `/metrics` of an engine was looked at; `outcome` is `read`, `failed`, or `unknown` when it
    /// has nothing of a known engine.
    public void enginePage(String outcome) {
        counter(Meter.ENGINE_PAGES, outcome).increment();
    }

    /// A model file was read; `outcome` is `ok`, `missing`, `too_large`, `checksum` or `io`.
    public void modelFile(String outcome) {
        counter(Meter.MODEL_FILES, outcome).increment();
    }

    /// A model's tokenizer and template were loaded; `outcome` is `ok`, `files`, `tokenizer` or
    /// `template`.
    public void modelLoad(String outcome) {
        counter(Meter.MODEL_LOADS, outcome).increment();
    }

    /// KV events by what became of them: `applied`, `stale`, `gap`, `malformed`, `mismatch`,
    /// `unadvertised`, `ignored`; `overflow` counts messages dropped before they were decoded.
    public void kvEvents(String outcome, int count) {
        kvEvents.computeIfAbsent(outcome, each -> counter(Meter.KV_EVENTS, each))
                .increment(count);
    }

    /// A worker told what a rank holds (`tree`) or what happened since an event (`range`), or the
    /// rank stays cold because it did not (`failed`), or a silent rank's worker told what was missed
    /// (`caught_up`).
    public void kvRecovery(String outcome) {
        counter(Meter.KV_RECOVERIES, outcome).increment();
    }

    /// A request to an endpoint of the router ended; `outcome` is `ok`, `failed`, `stopped`,
    /// `caller_gone`, `caller_stalled`, or why it was refused in one word.
    public void endpointRequest(String service, String endpoint, String outcome) {
        Counter.builder(Meter.ENDPOINT_REQUESTS.registeredName())
                .description(Meter.ENDPOINT_REQUESTS.meaning())
                .tags("service", service, "endpoint", endpoint, "outcome", outcome)
                .register(registry)
                .increment();
    }

    /// A connection of a caller of the router's endpoints ended; `reason` is `closed` or the limit
    /// that it met in one word.
    public void serveConnectionEnd(String reason) {
        counter(Meter.SERVE_CONNECTIONS_ENDED, reason).increment();
    }

    /// How long one lookup in the index took.
    public void indexLookup(long nanos) {
        indexLookup.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// How long it took to apply one message of KV events, and how long ago the message came in.
    public void kvEventsApplied(long nanos, long lagNanos) {
        indexApply.record(nanos, TimeUnit.NANOSECONDS);
        kvEventLag.record(lagNanos, TimeUnit.NANOSECONDS);
    }

    /// Binds a gauge, or a counter whose value never goes down, that is read at each scrape.
    public void bind(Meter meter, LongSupplier value) {
        bind(meter, Tags.empty(), value);
    }

    /// The same, for one value of the meter's tag.
    public void bind(Meter meter, String tagValue, LongSupplier value) {
        bind(meter, Tags.of(meter.tag(), tagValue), value);
    }

    /// Takes back what was bound for one value of the meter's tag.
    public void unbind(Meter meter, String tagValue) {
        registry.find(meter.registeredName())
                .tag(meter.tag(), tagValue)
                .meters()
                .forEach(registry::remove);
    }

    @Override
    public void close() {
        gcMetrics.close();
        registry.close();
    }

    private void bind(Meter meter, Tags tags, LongSupplier value) {
        if (meter.kind() == Meter.Kind.COUNTER) {
            // A counter holds what it counts weakly: were that the supplier, it would stand still once collected.
            FunctionCounter.builder(meter.registeredName(), this, _ -> value.getAsLong())
                    .description(meter.meaning())
                    .tags(tags)
                    .register(registry);
        } else {
            Gauge.builder(meter.registeredName(), value, LongSupplier::getAsLong)
                    .description(meter.meaning())
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
        }
    }

    /// With few buckets: it is recorded for each lookup and each message.
    private Timer timer(Meter meter, Duration... buckets) {
        return Timer.builder(meter.registeredName())
                .description(meter.meaning())
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private static Duration[] micros(long... values) {
        return Arrays.stream(values)
                .mapToObj(value -> Duration.of(value, ChronoUnit.MICROS))
                .toArray(Duration[]::new);
    }

    private Counter counter(Meter meter, String tagValue) {
        return Counter.builder(meter.registeredName())
                .description(meter.meaning())
                .tag(meter.tag(), tagValue)
                .register(registry);
    }

    private DistributionSummary summary(Meter meter, String model) {
        return DistributionSummary.builder(meter.registeredName())
                .description(meter.meaning())
                .tag(meter.tag(), model)
                .serviceLevelObjectives(64, 256, 1024, 4096, 16_384, 65_536, 262_144)
                .register(registry);
    }
}
