package io.kvepp.app;

import io.kvepp.config.Options;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Environment variables with which other pickers are started, and that change nothing here. Whoever
/// sets one is told why.
///
/// Source: Dynamo 1.6.1 `component_epp.go`, `epp_standalone_config.rs`, `epp.rs`.
final class IgnoredVariables {
    private static final String TOKENIZED_HERE = "prompts are tokenized here";
    private static final String SAID_BY_WORKERS = "workers say it themselves";
    private static final String SAID_BY_LIST = "--static-workers says it of engines without Dynamo";

    private static final Map<String, String> ALL = all();

    private IgnoredVariables() {}

    private static Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("USE_STREAMING", "responses pass as they come");
        all.put("RUST_LOG", "--log-level says it");
        all.put("DYN_COMPONENT_NAME", "workers of every component are known");
        all.put("DYN_MODEL_NAME", SAID_BY_WORKERS);
        all.put("DYN_KV_CACHE_BLOCK_SIZE", SAID_BY_WORKERS);
        all.put("DYN_EPP_TOKENIZER_SERVICE_URL", TOKENIZED_HERE);
        all.put("DYN_EPP_TOKENIZER_PROTOCOL", TOKENIZED_HERE);
        all.put("DYN_EPP_TOKENIZATION_TIMEOUT_MS", TOKENIZED_HERE);
        all.put("DYN_EPP_TOKENIZER_MAX_RESPONSE_BYTES", TOKENIZED_HERE);
        all.put("DYN_EPP_KV_EVENT_PORT", SAID_BY_LIST);
        all.put("DYN_EPP_KV_EVENT_REPLAY_PORT", SAID_BY_LIST);
        all.put("DYN_EPP_TOTAL_KV_BLOCKS", SAID_BY_LIST);
        all.put("DYN_EPP_MAX_NUM_BATCHED_TOKENS", SAID_BY_WORKERS);
        all.put("DYN_EPP_SELECTION_INDEXER_THREADS", "one thread keeps the index");
        all.put("DYN_EPP_PEER_SERVICE", "replicas do not tell each other of their load");
        return all;
    }

    static void note(Options options) {
        ALL.forEach(options::ignore);
    }

    /// Every variable that is looked for.
    static List<String> variables() {
        return List.copyOf(ALL.keySet());
    }
}
