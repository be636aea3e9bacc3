package io.kvepp.router.headers;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The headers of a request that goes to a vLLM or SGLang engine itself.
///
/// Source: both engines' OpenAI servers (`x-data-parallel-rank`); llm-d's sidecar of decode engines
/// (`x-prefiller-host-port`).
///
/// Thread-safe.
public final class EngineHeaders {
    private static final String RANK = "x-data-parallel-rank";
    static final String PREFILL = "x-prefiller-host-port";

    private EngineHeaders() {}

    /// Adds what an engine is told to an edit that removes what clients must not say.
    ///
    /// @param rank which of the engine's ranks; null when it has one
    /// @param prefill the `ip:port` of the engine that computes the prompt; null when the one that
    ///     answers does
    public static HeaderEdit added(HeaderEdit stripped, @Nullable Integer rank, @Nullable String prefill) {
        List<HttpHeader> set = new ArrayList<>(stripped.set());
        if (rank != null) {
            set.add(new HttpHeader(RANK, Integer.toString(rank)));
        }
        if (prefill != null) {
            set.add(new HttpHeader(PREFILL, prefill));
        }
        return new HeaderEdit(set, stripped.remove());
    }
}
