/// KV events that engines (vLLM, SGLang) tell themselves, without Dynamo.
///
/// Starting points: [EngineEventSources] (the whole flow), [EngineRank] (what the order of messages
/// says), [EngineEventReader] (what is on the wire).
///
/// Imports `kvevents`, `eventplane`, `kvcache`, `worker`, `msgpack` and `metrics`.
@NullMarked
package io.kvepp.kvevents.engine;

import org.jspecify.annotations.NullMarked;
