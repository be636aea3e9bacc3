/// From KV events on the event plane to the index.
///
/// Starting points: [KvEventSources] (the whole flow), [EventCursor] (what the order of event ids
/// says), [RankFollower] (events to index writes), [Recoveries] (asking workers).
///
/// Imports `kvcache`, `worker`, `eventplane`, `requestplane`, `msgpack`, `metrics` and `config`.
/// Threads called lanes write the index in turns; a rank's events belong to one of them.
@NullMarked
package io.kvepp.kvevents;

import org.jspecify.annotations.NullMarked;
