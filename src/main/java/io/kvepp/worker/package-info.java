/// What a worker is: identity, role, model cards, and the dense slot each of its ranks has.
///
/// Starting points: [WorkerSet] (everything discovery knows, as one value), [Worker],
/// [WorkerDirectory] (the set in force, with slots).
///
/// Imports `worker.card` only, and no framework.
@NullMarked
package io.kvepp.worker;

import org.jspecify.annotations.NullMarked;
