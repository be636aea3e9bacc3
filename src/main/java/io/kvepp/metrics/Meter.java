package io.kvepp.metrics;

import java.util.List;
import java.util.Locale;

/// Every meter of the process: its name, what it counts and its tags. `/metrics` shows it under
/// [#exposedName].
public enum Meter {
    REQUESTS(
            Kind.COUNTER,
            "requests by outcome: `routed`, `unpicked` where the gateway shows no request, or why they were answered"
                    + " instead",
            "outcome"),
    LOAD_ONLY_REQUESTS(Kind.COUNTER, "requests routed by load alone, by why their prompt was not read", "reason"),
    PICK_DURATION(Kind.TIMER, "time from the whole request body to the decision"),
    PROMPT_TOKENS(Kind.SUMMARY, "length of the prompts that were read", "model"),
    CACHED_TOKENS(Kind.SUMMARY, "tokens of those prompts that the chosen worker already held", "model"),
    REUSE_PROMPT_TOKENS(Kind.COUNTER, "tokens of answered prompts of which it is known what was reused", "model"),
    REUSE_HELD_TOKENS(Kind.COUNTER, "tokens of those prompts that the best eligible worker held", "model"),
    REUSE_CAPTURED_TOKENS(Kind.COUNTER, "tokens of the same prompts that the chosen worker held", "model"),
    REUSE_DELIVERED_TOKENS(Kind.COUNTER, "tokens of the same prompts that its engine did not compute", "model"),
    WORKER_REUSE_OFF(Kind.GAUGE, "1 while a worker reuses something else than its KV events promise", "worker"),
    PROMPT_CHARS_KNOWN(Kind.COUNTER, "characters of prompts whose token ids were known from earlier prompts"),
    PROMPT_CHARS_TOKENIZED(Kind.COUNTER, "characters of prompts that were tokenized"),
    EXT_PROC_STREAMS(Kind.COUNTER, "ended ext_proc streams by how they ended", "end"),
    EXT_PROC_STREAMS_OPEN(Kind.GAUGE, "open ext_proc streams: requests under way"),
    BODY_BYTES_HELD(Kind.GAUGE, "bytes of request bodies held until their destination answers"),
    BOOKINGS_ACTIVE(Kind.GAUGE, "bookings of worker load that are not released"),
    BOOKINGS_SILENT(Kind.COUNTER, "bookings given back because their response no longer moved"),
    SELECTIONS(Kind.COUNTER, "selections for callers that are no gateways: `selected`, or why refused", "outcome"),
    SELECTION_BOOKINGS(Kind.GAUGE, "ids under which such callers hold bookings"),
    SELECTION_BOOKINGS_SILENT(Kind.COUNTER, "such bookings given back because nothing was heard of them"),
    SESSIONS_BOUND(Kind.GAUGE, "sessions whose requests go to one worker"),
    SESSIONS_REFUSED(Kind.COUNTER, "requests whose session was not bound because there were too many"),
    QUEUE_REQUESTS(Kind.GAUGE, "requests that wait for a worker, by policy class", "class"),
    QUEUE_WAIT(Kind.TIMER, "how long admitted requests had waited for a worker; those that had not are left out"),
    WORKERS(Kind.GAUGE, "live workers"),
    ENGINE_REQUESTS(Kind.GAUGE, "requests in engines as they say themselves: `waiting` or `running`", "state"),
    ENGINE_PAGES(Kind.COUNTER, "looks at the `/metrics` of engines without Dynamo, by outcome", "outcome"),
    WORKERS_EJECTED(Kind.GAUGE, "ranks that get no requests because too many failed"),
    WORKER_EJECTIONS(Kind.COUNTER, "times that a rank was ejected because its requests failed"),
    DISCOVERY_CONNECTED(Kind.GAUGE, "1 while the store of workers can be reached"),
    DISCOVERY_LOST(Kind.COUNTER, "times the store of workers could not be reached any more"),
    DISCOVERY_RESYNCS(Kind.COUNTER, "times the store of workers was read anew because changes may have been missed"),
    DISCOVERY_SKIPPED(Kind.COUNTER, "discovery entries that were skipped, by reason", "reason"),
    KUBE_WATCH_FAILURES(Kind.COUNTER, "times that objects of Kubernetes could not be listed or watched", "kind"),
    MODEL_FILES(Kind.COUNTER, "model files read, by outcome", "outcome"),
    MODEL_LOADS(Kind.COUNTER, "tokenizers and templates loaded, by outcome", "outcome"),
    KV_EVENTS(Kind.COUNTER, "KV events by what became of them", "outcome"),
    KV_RECOVERIES(Kind.COUNTER, "answers of workers about what a rank holds, and recoveries given up", "outcome"),
    KV_RANKS(Kind.GAUGE, "ranks whose KV events are followed, by whether the index has all they hold", "state"),
    KV_EVENT_MESSAGES_WAITING(Kind.GAUGE, "messages of KV events that were received and are not in the index yet"),
    KV_EVENT_LAG_MILLIS(Kind.GAUGE, "age of the oldest message of KV events that is not in the index yet; 0 for none"),
    KV_EVENT_LAG(Kind.TIMER, "time from receiving a message of KV events until the index contains it"),
    INDEX_BLOCKS(Kind.GAUGE, "distinct blocks in the index"),
    INDEX_OWNER_BLOCKS(Kind.GAUGE, "blocks in the index, once for each rank that holds them, by storage tier", "tier"),
    INDEX_BYTES(Kind.GAUGE, "memory the index takes, an estimate"),
    INDEX_EVENTS_APPLIED(Kind.COUNTER, "events applied to the index"),
    INDEX_REJECTED(Kind.COUNTER, "stored events and removed hashes that the index does not believe, by why", "reason"),
    INDEX_LOOKUP(Kind.TIMER, "time of one lookup in the index"),
    INDEX_LOOKUP_RETRIES(Kind.COUNTER, "looks at the index that were in vain because it changed meanwhile"),
    INDEX_LOOKUP_WAITS(Kind.COUNTER, "lookups that waited for the index's writer after too many looks in vain"),
    INDEX_APPLY(Kind.TIMER, "time to apply one message of KV events to the index, from the writer's turn on"),
    ROUTED_BLOCKS(Kind.GAUGE, "blocks that count as held because a prompt with them was sent there"),
    ROUTED_BLOCKS_DROPPED(Kind.COUNTER, "such blocks that were dropped because their rank had too many"),
    ENDPOINT_REQUESTS(
            Kind.COUNTER, "requests to the router's endpoints, by how they ended", "service", "endpoint", "outcome"),
    SERVE_REQUESTS(Kind.GAUGE, "requests to the router's endpoints that are under way"),
    SERVE_CONNECTIONS(Kind.GAUGE, "connections on which callers send such requests"),
    SERVE_CONNECTIONS_ENDED(Kind.COUNTER, "such connections that ended, by why", "reason");

    private static final String PREFIX = "kv_epp_";

    private final Kind kind;
    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> tags;

    Meter(Kind kind, String meaning, String... tags) {
        this.kind = kind;
        this.meaning = meaning;
        this.tags = List.of(tags);
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

    /// The names of the tags.
    public List<String> tags() {
        return tags;
    }

    /// The name of the only tag; empty when there is none.
    public String tag() {
        return tags.isEmpty() ? "" : tags.getFirst();
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
