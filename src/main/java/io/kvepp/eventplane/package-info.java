/// Dynamo's event plane: messages of publishers, by topic.
///
/// Starting points: [EventSubscriber] (the contract; its implementations are in the child
/// packages), [EventFrames] and [Envelope] (what is on the wire), [MsgpackReader].
///
/// Imports `worker`, `metrics` and `config`.
@NullMarked
package io.kvepp.eventplane;

import org.jspecify.annotations.NullMarked;
