/// What a worker says of one model it serves: Dynamo's model deployment card, the part a picker
/// needs.
///
/// Starting point: [ModelCard].
///
/// Imports nothing of the project and no framework.
@NullMarked
package io.kvepp.worker.card;

import org.jspecify.annotations.NullMarked;
