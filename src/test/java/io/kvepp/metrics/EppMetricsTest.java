package io.kvepp.metrics;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EppMetricsTest {
    private final EppMetrics metrics = new EppMetrics();

    @AfterEach
    void close() {
        metrics.close();
    }

    @ParameterizedTest
    @EnumSource(Meter.class)
    void aMeterIsExposedUnderItsNameAfterOneUse(Meter meter) {
        use(meter);
        String tags = meter.tags().isEmpty()
                ? ""
                : meter.tags().stream().sorted().map(tag -> tag + "=\"word\"").collect(joining(",", "{", "}"));
        String suffix = switch (meter.kind()) {
            case COUNTER, GAUGE -> "";
            case TIMER, SUMMARY -> "_count";
        };
        String value = switch (meter.kind()) {
            case COUNTER, GAUGE -> "3.0";
            case TIMER, SUMMARY -> "1";
        };

        assertThat(metrics.scrape().lines()).contains(meter.exposedName() + suffix + tags + " " + value);
        assertThat(metrics.scrape()).contains("# HELP " + meter.exposedName() + " " + meter.meaning());
    }

    @Test
    void whatIsUnboundIsGone() {
        metrics.bind(Meter.WORKER_REUSE_OFF, "7", () -> 1);
        metrics.bind(Meter.WORKER_REUSE_OFF, "8", () -> 1);
        metrics.unbind(Meter.WORKER_REUSE_OFF, "7");

        assertThat(metrics.scrape()).contains("worker=\"8\"").doesNotContain("worker=\"7\"");
    }

    @Test
    void theProcessItselfIsMeasuredToo() {
        assertThat(metrics.scrape()).contains("jvm_memory_used_bytes", "process_cpu_usage", "jvm_gc_memory");
    }

    @Test
    void pickTimesFallIntoBucketsFineEnoughForMicroseconds() {
        metrics.pickTime(200_000);
        String scrape = metrics.scrape();

        assertThat(scrape).contains("kv_epp_pick_duration_seconds_sum 2.0E-4");
        assertThat(scrape.lines()
                        .filter(line -> line.startsWith("kv_epp_pick_duration_seconds_bucket") && line.endsWith(" 0"))
                        .count())
                .isGreaterThan(3);
    }

    @Test
    void aBoundCounterGoesOnCountingWhenNobodyElseHoldsIt() {
        AtomicLong count = new AtomicLong();
        metrics.bind(Meter.BOOKINGS_SILENT, count::get);
        System.gc();
        count.set(4);
        assertThat(metrics.scrape()).contains("kv_epp_bookings_silent_total 4.0");
    }

    /// Uses a meter three times (or with the value 3), with tag `word`; of each summary and timer once.
    private void use(Meter meter) {
        switch (meter) {
            case REQUESTS -> thrice(() -> metrics.request("word"));
            case SELECTIONS -> thrice(() -> metrics.selection("word"));
            case LOAD_ONLY_REQUESTS -> thrice(() -> metrics.loadOnly("word"));
            case PICK_DURATION -> metrics.pickTime(5);
            case REUSE_PROMPT_TOKENS, REUSE_HELD_TOKENS, REUSE_CAPTURED_TOKENS, REUSE_DELIVERED_TOKENS ->
                thrice(() -> metrics.reuse("word", 1, 1, 1, 1));
            case QUEUE_WAIT -> metrics.queueWait(5);
            case PROMPT_TOKENS, CACHED_TOKENS -> metrics.prompt("word", 5, 4);
            case EXT_PROC_STREAMS -> thrice(() -> metrics.streamEnd("word"));
            case DISCOVERY_LOST -> thrice(metrics::discoveryLost);
            case DISCOVERY_RESYNCS -> thrice(metrics::discoveryResync);
            case DISCOVERY_SKIPPED -> thrice(() -> metrics.discoverySkipped("word"));
            case KUBE_WATCH_FAILURES -> thrice(() -> metrics.kubeWatchFailure("word"));
            case ENGINE_PAGES -> thrice(() -> metrics.enginePage("word"));
            case MODEL_FILES -> thrice(() -> metrics.modelFile("word"));
            case MODEL_LOADS -> thrice(() -> metrics.modelLoad("word"));
            case KV_EVENTS -> metrics.kvEvents("word", 3);
            case KV_EVENT_LAG, INDEX_APPLY -> metrics.kvEventsApplied(5, 5);
            case INDEX_LOOKUP -> metrics.indexLookup(5);
            case INDEX_OWNER_BLOCKS, INDEX_REJECTED, KV_RANKS, QUEUE_REQUESTS, WORKER_REUSE_OFF, ENGINE_REQUESTS ->
                metrics.bind(meter, "word", () -> 3);
            case ENDPOINT_REQUESTS -> thrice(() -> metrics.endpointRequest("word", "word", "word"));
            case SERVE_CONNECTIONS_ENDED -> thrice(() -> metrics.serveConnectionEnd("word"));
            case KV_RECOVERIES -> thrice(() -> metrics.kvRecovery("word"));
            case PROMPT_CHARS_KNOWN,
                    PROMPT_CHARS_TOKENIZED,
                    EXT_PROC_STREAMS_OPEN,
                    BODY_BYTES_HELD,
                    BOOKINGS_ACTIVE,
                    BOOKINGS_SILENT,
                    SELECTION_BOOKINGS,
                    INDEX_LOOKUP_RETRIES,
                    KV_EVENT_LAG_MILLIS,
                    INDEX_LOOKUP_WAITS,
                    SELECTION_BOOKINGS_SILENT,
                    SESSIONS_BOUND,
                    SESSIONS_REFUSED,
                    WORKERS,
                    DISCOVERY_CONNECTED,
                    WORKERS_EJECTED,
                    WORKER_EJECTIONS,
                    INDEX_BLOCKS,
                    INDEX_EVENTS_APPLIED,
                    INDEX_BYTES,
                    KV_EVENT_MESSAGES_WAITING,
                    ROUTED_BLOCKS,
                    ROUTED_BLOCKS_DROPPED,
                    SERVE_REQUESTS,
                    SERVE_CONNECTIONS -> metrics.bind(meter, () -> 3);
        }
    }

    private static void thrice(Runnable use) {
        for (int i = 0; i < 3; i++) {
            use.run();
        }
    }
}
