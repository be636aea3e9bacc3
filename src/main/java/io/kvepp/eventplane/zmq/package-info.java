/// The event plane over ZMQ, publishers connected to directly or through brokers. The only package
/// that imports jeromq.
///
/// Starting points: [ZmqEventSubscriber], [ZmqConfig].
///
/// Imports `eventplane` and `config`.
@NullMarked
package io.kvepp.eventplane.zmq;

import org.jspecify.annotations.NullMarked;
