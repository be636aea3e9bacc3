/// The event plane over core NATS: no streams, nothing is replayed.
///
/// Starting point: [NatsEventSubscriber].
///
/// Imports `eventplane`, `nats` and `msgpack`.
@NullMarked
package io.kvepp.eventplane.nats;

import org.jspecify.annotations.NullMarked;
