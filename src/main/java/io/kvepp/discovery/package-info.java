/// What exists: workers, their model cards and their event publishers, as one immutable value.
///
/// Starting points: [WorkerDiscovery] (the contract; its implementations are in the child
/// packages), [DiscoveryRecordReader] (Dynamo's JSON), [WorkerSetFeed] (from records to a set,
/// shared by every implementation).
///
/// Imports `worker`, `metrics` and `config`.
@NullMarked
package io.kvepp.discovery;

import org.jspecify.annotations.NullMarked;
