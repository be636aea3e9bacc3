/// The KV-cache index: which worker rank holds which prefix.
///
/// Starting points: [KvIndexer] (the contract), [OverlapScores] (what a lookup returns),
/// [BlockHasher] (how tokens become hashes), [RouterEvent] (what changes the index).
///
/// Imports `worker` only. One writer applies events; any number of threads look up without waiting.
@NullMarked
package io.kvepp.kvcache;

import org.jspecify.annotations.NullMarked;
