/// Discovery by registration: workers that callers of the selection API announce one by one.
///
/// Starting points: [RegisteredWorkers], [WorkerRegistration].
///
/// Imports `discovery`, `worker` and `worker.card`.
@NullMarked
package io.kvepp.discovery.registered;

import org.jspecify.annotations.NullMarked;
