package io.kvepp.worker;

import org.jspecify.annotations.Nullable;

/// Where the KV events of one rank come from when its engine announces them itself, without Dynamo.
///
/// - `eventAddress`: the engine's PUB socket, such as `tcp://10.0.0.5:20080`
/// - `replayAddress`: its ROUTER socket, which repeats what was missed; null when it has none
/// - `blockSizeTokens`: tokens of one KV block; events about blocks of another size do not count
///
/// Immutable.
public record EngineEvents(
        WorkerWithDpRank worker,
        EngineKind engine,
        String eventAddress,
        @Nullable String replayAddress,
        int blockSizeTokens) {
    /// Whose form the events have.
    public enum EngineKind {
        VLLM,
        SGLANG
    }
}
