/// Which worker: Dynamo's cost function, and the pick among the cheapest.
///
/// Starting points: [WorkerSelector] (the pure function), [SchedulingConfig] (its weights),
/// [SchedulingRequest], [Selection].
@NullMarked
package io.kvepp.scheduling;

import org.jspecify.annotations.NullMarked;
