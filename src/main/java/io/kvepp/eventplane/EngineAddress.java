package io.kvepp.eventplane;

import org.jspecify.annotations.Nullable;

/// Where an engine tells its KV events without Dynamo.
///
/// - `eventAddress`: its PUB socket, such as `tcp://10.0.0.5:20080`
/// - `replayAddress`: its ROUTER socket, which repeats what was missed; null when it has none
///
/// Immutable.
public record EngineAddress(String eventAddress, @Nullable String replayAddress) {}
