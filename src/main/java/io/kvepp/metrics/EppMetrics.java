package io.kvepp.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Every meter name and tag of the process. Tags have few values: a reason is one of the words
/// written at the call, a model is one that discovery named; nothing a client sends becomes a tag.
///
/// Thread-safe.
public final class EppMetrics implements AutoCloseable {
    private static final String PREFIX = "kv_epp_";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();

    public EppMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
    }

    /// The text of `/metrics`.
    public String scrape() {
        return registry.scrape();
    }

    // ---- requests

    /// A request was answered or routed; `outcome` is `routed` or a reject reason in lower case.
    public void request(String outcome) {
        counter("requests", "Requests by outcome.", "outcome", outcome).increment();
    }

    /// How long a decision took, from the whole body to the answer.
    public void pickTime(long nanos) {
        Timer.builder(PREFIX + "pick_duration")
                .description("Time from the whole request body to the decision.")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(20_000))
                .maximumExpectedValue(Duration.ofSeconds(10))
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /// Why a request was routed by load alone: `path`, `content-type`, `encoding`, `loading`,
    /// `unsupported`.
    public void loadOnly(String reason) {
        counter("load_only_requests", "Requests routed by load alone, by reason.", "reason", reason)
                .increment();
    }

    /// Tokens of a prompt and how many of them the chosen worker already held.
    public void prompt(String model, int promptTokens, int cachedTokens) {
        summary("prompt_tokens", "Prompt length.", model).record(promptTokens);
        summary("cached_tokens", "Prompt tokens that the chosen worker already held.", model)
                .record(cachedTokens);
    }

    /// A stream ended: `response`, `aborted`, `rejected` or `failed`.
    public void streamEnd(String how) {
        counter("ext_proc_streams", "Ended ext_proc streams by how they ended.", "end", how)
                .increment();
    }

    // ---- discovery, model files, events

    /// A discovery entry was skipped; `reason` is one of a few words such as `unreadable`,
    /// `malformed`, `incomplete`, `ambiguous`.
    public void discoverySkipped(String reason) {
        counter("discovery_skipped", "Discovery entries that were skipped, by reason.", "reason", reason)
                .increment();
    }

    /// A model file was read; `outcome` is `ok`, `missing`, `too_large`, `checksum` or `io`.
    public void modelFile(String outcome) {
        counter("model_files", "Model files read, by outcome.", "outcome", outcome)
                .increment();
    }

    /// A model's tokenizer and template were loaded; `outcome` is `ok`, `files`, `tokenizer` or
    /// `template`.
    public void modelLoad(String outcome) {
        counter("model_loads", "Models loaded, by outcome.", "outcome", outcome).increment();
    }

    /// KV events by what became of them: `applied`, `stale`, `gap`, `malformed`, `mismatch`,
    /// `unadvertised`, `ignored`; `overflow` counts messages dropped before they were decoded.
    public void kvEvents(String outcome, int count) {
        counter("kv_events", "KV events by what became of them.", "outcome", outcome)
                .increment(count);
    }

    // ---- gauges, bound once to what they read

    /// Binds a gauge that reads `value` at each scrape.
    public void gauge(String name, String description, LongSupplier value) {
        Gauge.builder(PREFIX + name, value, LongSupplier::getAsLong)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /// Binds a counter that reads `value` at each scrape; the value never goes down.
    public void counted(String name, String description, LongSupplier value) {
        FunctionCounter.builder(PREFIX + name, value, LongSupplier::getAsLong)
                .description(description)
                .register(registry);
    }

    MeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        gcMetrics.close();
        registry.close();
    }

    private Counter counter(String name, String description, String tag, String value) {
        return Counter.builder(PREFIX + name)
                .description(description)
                .tag(tag, value)
                .register(registry);
    }

    private DistributionSummary summary(String name, String description, String model) {
        return DistributionSummary.builder(PREFIX + name)
                .description(description)
                .tag("model", model)
                .serviceLevelObjectives(64, 256, 1024, 4096, 16_384, 65_536, 262_144)
                .register(registry);
    }
}
