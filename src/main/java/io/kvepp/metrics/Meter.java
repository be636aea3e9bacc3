package io.kvepp.metrics;

import java.util.Locale;

/// Every meter of the process: its name, what it counts and its tags. `/metrics` shows it under
/// [#exposedName].
public enum Meter {
    REQUESTS(Kind.COUNTER, "requests by outcome: `routed`, or why they were answered instead", "outcome"),
    LOAD_ONLY_REQUESTS(Kind.COUNTER, "requests routed by load alone, by why their prompt was not read", "reason"),
    PICK_DURATION(Kind.TIMER, "time from the whole request body to the decision"),
    PROMPT_TOKENS(Kind.SUMMARY, "length of the prompts that were read", "model"),
    CACHED_TOKENS(Kind.SUMMARY, "tokens of those prompts that the chosen worker already held", "model"),
    EXT_PROC_STREAMS(Kind.COUNTER, "ended ext_proc streams by how they ended", "end"),
    EXT_PROC_STREAMS_OPEN(Kind.GAUGE, "open ext_proc streams: requests under way"),
    BODY_BYTES_HELD(Kind.GAUGE, "bytes of request bodies held until their destination answers"),
    BOOKINGS_ACTIVE(Kind.GAUGE, "bookings of worker load that are not released"),
    BOOKINGS_SILENT(Kind.COUNTER, "bookings given back because their response no longer moved"),
    WORKERS(Kind.GAUGE, "live workers"),
    DISCOVERY_SKIPPED(Kind.COUNTER, "discovery entries that were skipped, by reason", "reason"),
    MODEL_FILES(Kind.COUNTER, "model files read, by outcome", "outcome"),
    MODEL_LOADS(Kind.COUNTER, "tokenizers and templates loaded, by outcome", "outcome"),
    KV_EVENTS(Kind.COUNTER, "KV events by what became of them", "outcome"),
    KV_RECOVERIES(Kind.COUNTER, "answers of workers about what a rank holds, and recoveries given up", "outcome"),
    INDEX_BLOCKS(Kind.GAUGE, "distinct blocks in the index"),
    INDEX_OWNER_BLOCKS(Kind.GAUGE, "blocks in the index, once for each rank that holds them"),
    INDEX_EVENTS_APPLIED(Kind.COUNTER, "events applied to the index"),
    INDEX_UNKNOWN_PARENTS(Kind.COUNTER, "stored events under a parent that the rank does not hold"),
    INDEX_UNKNOWN_HASHES(Kind.COUNTER, "removed hashes that the rank did not hold"),
    INDEX_CONFLICTING_HASHES(Kind.COUNTER, "stored hashes that contradict earlier ones");

    private static final String PREFIX = "kv_epp_";

    private final Kind kind;
    private final String meaning;
    private final String tag;

    Meter(Kind kind, String meaning) {
        this(kind, meaning, "");
    }

    Meter(Kind kind, String meaning, String tag) {
        this.kind = kind;
        this.meaning = meaning;
        this.tag = tag;
    }

    /// What a meter measures with.
    public enum Kind {
        COUNTER("_total"),
        GAUGE(""),
        TIMER("_seconds"),
        SUMMARY("");

        private final String suffix;

        Kind(String suffix) {
            this.suffix = suffix;
        }
    }

    public Kind kind() {
        return kind;
    }

    public String meaning() {
        return meaning;
    }

    /// The tag's name; empty when there is none.
    public String tag() {
        return tag;
    }

    /// The name in the Prometheus text; timers and summaries add `_count`, `_sum` and `_bucket` to
    /// it.
    public String exposedName() {
        return registeredName() + kind.suffix;
    }

    String registeredName() {
        return PREFIX + name().toLowerCase(Locale.ROOT);
    }
}
