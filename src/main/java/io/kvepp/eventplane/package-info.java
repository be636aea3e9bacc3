/// Dynamo's event plane: messages of publishers, by topic.
///
/// Starting points: [EventSubscriber] (the contract; its implementations are in the child
/// packages), [EventFrames] and [Envelope] (what is on the wire).
///
/// Imports nothing of the project. Payloads are for the packages that know their topic.
@NullMarked
package io.kvepp.eventplane;

import org.jspecify.annotations.NullMarked;
