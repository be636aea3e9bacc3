/// One connection to a NATS server, for the event plane and the request plane. The only package
/// that imports jnats.
///
/// Starting points: [NatsConnection], [NatsSubscription], [NatsConfig].
///
/// Imports `tls` and `config`.
@NullMarked
package io.kvepp.nats;

import org.jspecify.annotations.NullMarked;
